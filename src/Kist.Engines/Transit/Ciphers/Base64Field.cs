using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Kist.Core;

namespace Kist.Engines.Transit.Ciphers;

/// <summary>Decodes fields that carry bytes.</summary>
internal static class Base64Field
{
    /// <summary>The bytes of an optional field; empty when it is absent.</summary>
    public static Outcome<ReadOnlyMemory<byte>> Decode(string field, string? text) =>
        string.IsNullOrEmpty(text) ? new Outcome<ReadOnlyMemory<byte>>(ReadOnlyMemory<byte>.Empty) : Decode(field, Encoding.UTF8.GetBytes(text));

    /// <summary>The bytes of a field. What is decoded of a faulty one is wiped.</summary>
    public static Outcome<ReadOnlyMemory<byte>> Decode(string field, ReadOnlySpan<byte> utf8)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(utf8.Length) + 3];
        if (Base64.DecodeFromUtf8(utf8, bytes, out _, out var length) == OperationStatus.Done)
            return new Outcome<ReadOnlyMemory<byte>>(bytes.AsMemory(0, length));
        CryptographicOperations.ZeroMemory(bytes);
        return TransitFailures.InvalidBase64(field);
    }
}
