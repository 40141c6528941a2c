using System.Security.Cryptography;
using System.Text;
using Kist.Crypto;

namespace Kist.Core.Audit;

/// <summary>A device's own key: hides values as <c>hmac-sha256:</c> and 64 hex digits. Equal values look equal within one device only.</summary>
internal sealed class AuditSalt : IDisposable
{
    /// <summary>Length of the key in bytes.</summary>
    public const int KeyBytes = 32;

    private const int HashChars = 12 + (2 * SHA256.HashSizeInBytes);

    private readonly MacKey key;
    private readonly byte[] ofNothing = new byte[HashChars];

    /// <summary>Copies the key.</summary>
    public AuditSalt(ReadOnlySpan<byte> key)
    {
        this.key = new MacKey(key);
        Compute([], ofNothing);
    }

    /// <summary>The hash as text.</summary>
    public string Hash(ReadOnlySpan<byte> value)
    {
        Span<byte> text = stackalloc byte[HashChars];
        Compute(value, text);
        return Encoding.ASCII.GetString(text);
    }

    /// <summary>Adds the hash as a JSON string.</summary>
    public void Write(ReadOnlySpan<byte> value, RecordBuffer output)
    {
        output.Separate();
        var room = output.Reserve(HashChars + 2);
        room[0] = (byte)'"';
        // Empty strings are frequent (no deletion time, no description).
        if (value.IsEmpty)
            ofNothing.CopyTo(room[1..]);
        else
            Compute(value, room[1..]);
        room[HashChars + 1] = (byte)'"';
        output.Advance(HashChars + 2);
    }

    /// <inheritdoc/>
    public void Dispose() => key.Dispose();

    private void Compute(ReadOnlySpan<byte> value, Span<byte> text)
    {
        Span<byte> mac = stackalloc byte[SHA256.HashSizeInBytes];
        key.Compute(value, mac);
        "hmac-sha256:"u8.CopyTo(text);
        _ = Convert.TryToHexStringLower(mac, text[12..], out _);
    }
}
