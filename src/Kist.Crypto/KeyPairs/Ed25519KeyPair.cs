using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Kist.Crypto.KeyPairs;

/// <summary>A key pair of Ed25519 (RFC 8032), by the system's libsodium.</summary>
public sealed class Ed25519KeyPair : IDisposable
{
    /// <summary>Length of the seed, which is the private key as RFC 8032 has it, and of the public key.</summary>
    public const int KeyBytes = 32;

    private readonly SecretBytes seed;
    private readonly byte[] publicKey = new byte[KeyBytes];

    /// <summary>A new pair.</summary>
    /// <exception cref="DllNotFoundException">libsodium is not installed; see <see cref="Fault"/>.</exception>
    public Ed25519KeyPair()
        : this(SecretBytes.Random(KeyBytes))
    {
    }

    /// <summary>The pair of a seed, which it keeps.</summary>
    internal Ed25519KeyPair(SecretBytes seed)
    {
        if (Fault is { } fault)
            throw new DllNotFoundException(fault);
        this.seed = seed;
        // libsodium writes seed and public key once more, one after the other.
        using var both = SecretBytes.Create(2 * KeyBytes, this, static (span, pair) =>
        {
            ref var room = ref MemoryMarshal.GetReference(span);
            if (SodiumLibrary.SignSeedKeyPair(ref pair.publicKey[0], ref room, in MemoryMarshal.GetReference(pair.seed.Span)) != 0)
                throw new CryptographicException("no public key could be made");
        });
    }

    /// <summary>Why no pair can be made, and what to do: the library is not installed. Null when all is well.</summary>
    public static string? Fault => SodiumLibrary.Fault;

    /// <summary>The private key.</summary>
    public ReadOnlySpan<byte> Seed => seed.Span;

    /// <summary>The public key.</summary>
    public ReadOnlySpan<byte> PublicKey => publicKey;

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose() => seed.Dispose();
}
