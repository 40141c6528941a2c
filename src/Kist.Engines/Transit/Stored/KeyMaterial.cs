using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kist.Crypto;
using Kist.Engines.Transit.Keys;

namespace Kist.Engines.Transit.Stored;

/// <summary>
/// The key bytes of one version. All threads may use it; the keyed forms are made when they are first needed and shared. After disposal every use meets
/// <see cref="ObjectDisposedException"/>, and none ever meets zeroed bytes.
/// </summary>
[JsonConverter(typeof(KeyMaterialConverter))]
internal sealed class KeyMaterial(SecretBytes bytes) : IDisposable
{
    private readonly Lock gate = new();
    private volatile AesGcmKey? cipher;
    private volatile HkdfKey? deriver;
    private bool disposed;

    /// <summary>Length of the key.</summary>
    public int Length => bytes.Length;

    /// <summary>Encrypts and decrypts under the key itself.</summary>
    public AesGcmKey Cipher
    {
        get
        {
            if (cipher is { } made)
                return made;
            lock (gate)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                return cipher ??= new AesGcmKey(bytes.Span);
            }
        }
    }

    /// <summary>Derives keys from the key.</summary>
    public HkdfKey Deriver
    {
        get
        {
            if (deriver is { } made)
                return made;
            lock (gate)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                return deriver ??= new HkdfKey(bytes.Span);
            }
        }
    }

    /// <summary>Gives the bytes to <paramref name="use"/>, which must not keep them.</summary>
    public T Reveal<T>(Func<ReadOnlySpan<byte>, T> use)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return use(bytes.Span);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            cipher?.Dispose();
            deriver?.Dispose();
            bytes.Dispose();
        }
    }
}

/// <summary>Base64 in JSON, read and written between the JSON buffer and wiped memory without a string or array in between.</summary>
internal sealed class KeyMaterialConverter : JsonConverter<KeyMaterial>
{
    public override KeyMaterial Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // A multiple of three, as the decoder likes it.
        Span<byte> bytes = stackalloc byte[KeyType.MostKeyBytes + 1];
        try
        {
            return reader.TokenType == JsonTokenType.String && !reader.HasValueSequence
                && Base64.DecodeFromUtf8(reader.ValueSpan, bytes, out _, out var written) == OperationStatus.Done
                && KeyType.IsKeySize(written)
                ? new KeyMaterial(new SecretBytes(bytes[..written]))
                : throw new JsonException("a key is not base64 of as many bytes as a key has");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    public override void Write(Utf8JsonWriter writer, KeyMaterial value, JsonSerializerOptions options) =>
        value.Reveal(bytes =>
        {
            writer.WriteBase64StringValue(bytes);
            return true;
        });
}
