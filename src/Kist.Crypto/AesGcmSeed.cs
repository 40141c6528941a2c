using System.Security.Cryptography;

namespace Kist.Crypto;

/// <summary>
/// A seed from which each message gets an AES-256-GCM key of its own: HKDF-Expand with SHA-256 (RFC 5869, no extract step, so the seed itself must be
/// uniformly random) over 32 random bytes that travel with the message. The bound on random nonces under one key then never comes near. All threads
/// may use it at once.
/// </summary>
public sealed class AesGcmSeed : IDisposable
{
    /// <summary>Shortest seed.</summary>
    public const int MinSeedBytes = 32;

    /// <summary>Length of a message's derivation bytes.</summary>
    public const int InfoBytes = 32;

    private const int KeyBytes = 32;
    private readonly SecretBytes seed;

    /// <summary>Copies <paramref name="seed"/>.</summary>
    /// <exception cref="ArgumentException">Shorter than <see cref="MinSeedBytes"/>.</exception>
    public AesGcmSeed(ReadOnlySpan<byte> seed)
    {
        if (seed.Length < MinSeedBytes)
            throw new ArgumentException($"a seed has at least {MinSeedBytes} bytes", nameof(seed));
        this.seed = new SecretBytes(seed);
    }

    /// <summary>Encrypts under the key of <paramref name="info"/>, which must be fresh random bytes for each message.</summary>
    /// <exception cref="ObjectDisposedException">The seed was wiped.</exception>
    public void Encrypt(
        ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> plaintext,
        Span<byte> ciphertext,
        Span<byte> tag,
        ReadOnlySpan<byte> associatedData)
    {
        using var cipher = Derive(info);
        cipher.Encrypt(nonce, plaintext, ciphertext, tag, associatedData);
    }

    /// <summary>
    /// Decrypts under the key of <paramref name="info"/>. False when the tag does not fit; then <paramref name="plaintext"/> is zeroed.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The seed was wiped.</exception>
    public bool TryDecrypt(
        ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> ciphertext,
        ReadOnlySpan<byte> tag,
        Span<byte> plaintext,
        ReadOnlySpan<byte> associatedData)
    {
        using var cipher = Derive(info);
        return AesGcmKey.TryDecrypt(cipher, nonce, ciphertext, tag, plaintext, associatedData);
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose() => seed.Dispose();

    private AesGcm Derive(ReadOnlySpan<byte> info)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        try
        {
            HKDF.Expand(HashAlgorithmName.SHA256, seed.Span, key, info);
            return new AesGcm(key, AesGcmKey.TagBytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
