using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Kist.Crypto;

/// <summary>A key pair of X25519 (RFC 7748), by the system's libsodium.</summary>
public sealed class X25519KeyPair : IDisposable
{
    /// <summary>Length of a private key, of a public one, and of what two agree on.</summary>
    public const int KeyBytes = 32;

    private readonly SecretBytes privateKey;
    private readonly byte[] publicKey = new byte[KeyBytes];

    /// <summary>A new pair.</summary>
    /// <exception cref="DllNotFoundException">libsodium is not installed.</exception>
    public X25519KeyPair()
        : this(SecretBytes.Random(KeyBytes))
    {
    }

    /// <summary>The pair of a private key, which it keeps.</summary>
    internal X25519KeyPair(SecretBytes privateKey)
    {
        if (SodiumLibrary.Fault is { } fault)
            throw new DllNotFoundException(fault);
        this.privateKey = privateKey;
        if (SodiumLibrary.ScalarMultiplyBase(ref publicKey[0], in MemoryMarshal.GetReference(privateKey.Span)) != 0)
            throw new CryptographicException("no public key could be made");
    }

    /// <summary>For the other side.</summary>
    public ReadOnlySpan<byte> PublicKey => publicKey;

    /// <summary>What both sides agree on.</summary>
    /// <param name="other">The other side's public key.</param>
    /// <exception cref="ArgumentException">Not <see cref="KeyBytes"/> long.</exception>
    /// <exception cref="CryptographicException">The key is of small order: whoever chose it would know the result.</exception>
    public SecretBytes Agree(ReadOnlySpan<byte> other)
    {
        if (other.Length != KeyBytes)
            throw new ArgumentException($"a public key of X25519 has {KeyBytes} bytes", nameof(other));
        var theirs = other.ToArray();
        var isWeak = false;
        var agreed = SecretBytes.Create(KeyBytes, 0, (span, _) =>
            isWeak = SodiumLibrary.ScalarMultiply(
                ref MemoryMarshal.GetReference(span), in MemoryMarshal.GetReference(privateKey.Span), in theirs[0]) != 0);
        if (!isWeak)
            return agreed;
        agreed.Dispose();
        throw new CryptographicException("the public key is of small order");
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose() => privateKey.Dispose();
}
