using System.Security.Cryptography;

namespace Kist.Crypto;

/// <summary>
/// An AES-GCM key of any of AES's sizes that all threads may use at once: each call leases a cipher of its own, because one <see cref="AesGcm"/>
/// shared by threads returns undecryptable ciphertext without an error. Accepted risk: the cipher library keeps the expanded key in memory that is
/// wiped but not locked.
/// </summary>
public sealed class AesGcmKey : IDisposable
{
    /// <summary>Length of a nonce. A random one may be used for at most 2^32 messages under one key (NIST SP 800-38D, 8.3).</summary>
    public const int NonceBytes = 12;

    /// <summary>Length of a tag.</summary>
    public const int TagBytes = 16;

    private readonly SecretBytes key;
    private readonly LeasePool<AesGcm> ciphers;

    /// <summary>Copies <paramref name="key"/>.</summary>
    /// <exception cref="ArgumentException">See <see cref="IsKeySize"/>.</exception>
    public AesGcmKey(ReadOnlySpan<byte> key)
    {
        RequireKeySize(key);
        this.key = new SecretBytes(key);
        ciphers = new LeasePool<AesGcm>(() => new AesGcm(this.key.Span, TagBytes));
    }

    /// <summary>True for 16, 24 and 32 bytes.</summary>
    public static bool IsKeySize(int length) => length is 16 or 24 or 32;

    /// <summary>Encrypts one message under a key that is used for nothing else, such as a derived one: it is neither copied nor kept.</summary>
    /// <exception cref="ArgumentException">See <see cref="IsKeySize"/>.</exception>
    public static void EncryptOnce(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> plaintext,
        Span<byte> ciphertext,
        Span<byte> tag,
        ReadOnlySpan<byte> associatedData)
    {
        using var cipher = Once(key);
        cipher.Encrypt(nonce, plaintext, ciphertext, tag, associatedData);
    }

    /// <summary>Decrypts one message under a key that is used for nothing else. False when the tag does not fit; then the plaintext is zeroed.</summary>
    /// <exception cref="ArgumentException">See <see cref="IsKeySize"/>.</exception>
    public static bool TryDecryptOnce(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> ciphertext,
        ReadOnlySpan<byte> tag,
        Span<byte> plaintext,
        ReadOnlySpan<byte> associatedData)
    {
        using var cipher = Once(key);
        return TryDecrypt(cipher, nonce, ciphertext, tag, plaintext, associatedData);
    }

    /// <summary>Encrypts; <paramref name="ciphertext"/> is as long as <paramref name="plaintext"/>.</summary>
    /// <exception cref="ObjectDisposedException">The key was wiped.</exception>
    public void Encrypt(
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext, Span<byte> tag, ReadOnlySpan<byte> associatedData)
    {
        var cipher = ciphers.Rent();
        try
        {
            cipher.Encrypt(nonce, plaintext, ciphertext, tag, associatedData);
        }
        finally
        {
            ciphers.Return(cipher);
        }
    }

    /// <summary>Decrypts. False when the tag does not fit; then <paramref name="plaintext"/> is zeroed.</summary>
    /// <exception cref="ObjectDisposedException">The key was wiped.</exception>
    public bool TryDecrypt(
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> tag, Span<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        var cipher = ciphers.Rent();
        try
        {
            return TryDecrypt(cipher, nonce, ciphertext, tag, plaintext, associatedData);
        }
        finally
        {
            ciphers.Return(cipher);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose()
    {
        ciphers.Dispose();
        key.Dispose();
    }

    internal static bool TryDecrypt(
        AesGcm cipher,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> ciphertext,
        ReadOnlySpan<byte> tag,
        Span<byte> plaintext,
        ReadOnlySpan<byte> associatedData)
    {
        try
        {
            cipher.Decrypt(nonce, ciphertext, tag, plaintext, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            CryptographicOperations.ZeroMemory(plaintext);
            return false;
        }
    }

    private static AesGcm Once(ReadOnlySpan<byte> key)
    {
        RequireKeySize(key);
        return new AesGcm(key, TagBytes);
    }

    private static void RequireKeySize(ReadOnlySpan<byte> key)
    {
        if (!IsKeySize(key.Length))
            throw new ArgumentException("an AES key has 16, 24 or 32 bytes", nameof(key));
    }
}
