using System.Security.Cryptography;

namespace Kist.Crypto;

/// <summary>
/// An AES-CBC key that all threads may use at once. CBC has no integrity: whoever can write the ciphertext changes the plaintext unnoticed. Only for
/// formats that demand it; they add the padding themselves.
/// </summary>
public sealed class AesCbcKey : IDisposable
{
    /// <summary>Length of a block and of an initialization vector.</summary>
    public const int BlockBytes = 16;

    private readonly SecretBytes key;
    private readonly LeasePool<Aes> ciphers;

    /// <summary>Copies <paramref name="key"/>.</summary>
    /// <exception cref="ArgumentException">Not 16, 24 or 32 bytes long.</exception>
    public AesCbcKey(ReadOnlySpan<byte> key)
    {
        if (!AesGcmKey.IsKeySize(key.Length))
            throw new ArgumentException("an AES key has 16, 24 or 32 bytes", nameof(key));
        this.key = new SecretBytes(key);
        ciphers = new LeasePool<Aes>(Make);
    }

    /// <summary>Encrypts whole blocks; <paramref name="ciphertext"/> is as long as <paramref name="blocks"/> and may be the same memory.</summary>
    /// <exception cref="ObjectDisposedException">The key was wiped.</exception>
    public void Encrypt(ReadOnlySpan<byte> iv, ReadOnlySpan<byte> blocks, Span<byte> ciphertext)
    {
        var cipher = ciphers.Rent();
        try
        {
            cipher.EncryptCbc(blocks, iv, ciphertext, PaddingMode.None);
        }
        finally
        {
            ciphers.Return(cipher);
        }
    }

    /// <summary>
    /// Decrypts whole blocks; <paramref name="blocks"/> is as long as <paramref name="ciphertext"/>. Nothing tells whether the key was right.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The key was wiped.</exception>
    public void Decrypt(ReadOnlySpan<byte> iv, ReadOnlySpan<byte> ciphertext, Span<byte> blocks)
    {
        var cipher = ciphers.Rent();
        try
        {
            cipher.DecryptCbc(ciphertext, iv, blocks, PaddingMode.None);
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

    private Aes Make()
    {
        var cipher = Aes.Create();
        cipher.SetKey(key.Span);
        return cipher;
    }
}
