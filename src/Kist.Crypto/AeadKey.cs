namespace Kist.Crypto;

/// <summary>An AES-256-GCM key that all threads may use at once: what Kist itself encrypts with. See <see cref="AesGcmKey"/>.</summary>
public sealed class AeadKey : IDisposable
{
    /// <summary>Length of a key.</summary>
    public const int KeyBytes = 32;

    /// <summary>Length of a nonce. A random one may be used for at most 2^32 messages under one key (NIST SP 800-38D, 8.3).</summary>
    public const int NonceBytes = AesGcmKey.NonceBytes;

    /// <summary>Length of a tag.</summary>
    public const int TagBytes = AesGcmKey.TagBytes;

    private readonly AesGcmKey cipher;

    /// <summary>Copies <paramref name="key"/>.</summary>
    /// <exception cref="ArgumentException">Not <see cref="KeyBytes"/> long.</exception>
    public AeadKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyBytes)
            throw new ArgumentException($"an AES-256 key has {KeyBytes} bytes", nameof(key));
        cipher = new AesGcmKey(key);
    }

    /// <summary>Encrypts; <paramref name="ciphertext"/> is as long as <paramref name="plaintext"/>.</summary>
    /// <exception cref="ObjectDisposedException">The key was wiped.</exception>
    public void Encrypt(
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext, Span<byte> tag, ReadOnlySpan<byte> associatedData) =>
        cipher.Encrypt(nonce, plaintext, ciphertext, tag, associatedData);

    /// <summary>Decrypts. False when the tag does not fit; then <paramref name="plaintext"/> is zeroed.</summary>
    /// <exception cref="ObjectDisposedException">The key was wiped.</exception>
    public bool TryDecrypt(
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> tag, Span<byte> plaintext, ReadOnlySpan<byte> associatedData) =>
        cipher.TryDecrypt(nonce, ciphertext, tag, plaintext, associatedData);

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose() => cipher.Dispose();
}
