using System.Security.Cryptography;

namespace Kist.Crypto;

/// <summary>
/// A key from which others are derived by HKDF-SHA256 (RFC 5869) without salt. All threads may use it at once; it keeps the extracted key alone, so a
/// derivation costs two HMACs for up to 32 bytes.
/// </summary>
public sealed class HkdfKey : IDisposable
{
    /// <summary>Most bytes that one derivation gives.</summary>
    public const int MostBytes = 255 * MacKey.MacBytes;

    private readonly MacKey extracted;

    /// <summary>Extracts from <paramref name="key"/>, which is not kept.</summary>
    public HkdfKey(ReadOnlySpan<byte> key)
    {
        Span<byte> pseudorandom = stackalloc byte[MacKey.MacBytes];
        HKDF.Extract(HashAlgorithmName.SHA256, key, salt: [], pseudorandom);
        extracted = new MacKey(pseudorandom);
        CryptographicOperations.ZeroMemory(pseudorandom);
    }

    /// <summary>Fills <paramref name="output"/>. Equal <paramref name="info"/> gives equal bytes, and a longer output begins with a shorter one.</summary>
    /// <exception cref="ArgumentException">More than <see cref="MostBytes"/> are wanted.</exception>
    /// <exception cref="ObjectDisposedException">The key was wiped.</exception>
    public void Derive(ReadOnlySpan<byte> info, Span<byte> output)
    {
        if (output.Length > MostBytes)
            throw new ArgumentException($"a derivation gives at most {MostBytes} bytes", nameof(output));
        // T(n) = HMAC(T(n-1) | info | n), where T(0) is empty.
        var block = new byte[MacKey.MacBytes + info.Length + 1];
        Span<byte> previous = block.AsSpan(0, MacKey.MacBytes);
        info.CopyTo(block.AsSpan(MacKey.MacBytes));
        Span<byte> mac = stackalloc byte[MacKey.MacBytes];
        while (output.Length > 0)
        {
            var isFirst = block[^1]++ == 0;
            extracted.Compute(isFirst ? block.AsSpan(MacKey.MacBytes) : block, mac);
            mac.CopyTo(previous);
            var taken = Math.Min(mac.Length, output.Length);
            mac[..taken].CopyTo(output);
            output = output[taken..];
        }
        CryptographicOperations.ZeroMemory(mac);
        CryptographicOperations.ZeroMemory(previous);
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose() => extracted.Dispose();
}
