using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kist.Crypto;

namespace Kist.Core.Barrier;

/// <summary>A key in a stored record: base64 in JSON, read and written between the JSON buffer and wiped memory without a string or array in between.</summary>
[JsonConverter(typeof(Converter))]
internal readonly record struct StoredKey(SecretBytes Bytes)
{
    private const int MaxBytes = 64;

    /// <summary>A random key of 256 bits.</summary>
    public static StoredKey New() => new(SecretBytes.Random(AeadKey.KeyBytes));

    /// <summary>Compares in constant time.</summary>
    public bool IsSameAs(StoredKey other) => Bytes.FixedTimeEquals(other.Bytes.Span);

    internal sealed class Converter : JsonConverter<StoredKey>
    {
        public override StoredKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            Span<byte> bytes = stackalloc byte[MaxBytes];
            try
            {
                return reader.TokenType == JsonTokenType.String && !reader.HasValueSequence
                    && Base64.DecodeFromUtf8(reader.ValueSpan, bytes, out _, out var written) == OperationStatus.Done
                    ? new StoredKey(new SecretBytes(bytes[..written]))
                    : throw new JsonException($"a key is not base64 of at most {MaxBytes} bytes");
            }
            finally
            {
                CryptographicOperations.ZeroMemory(bytes);
            }
        }

        public override void Write(Utf8JsonWriter writer, StoredKey value, JsonSerializerOptions options) =>
            writer.WriteBase64StringValue(value.Bytes.Span);
    }
}
