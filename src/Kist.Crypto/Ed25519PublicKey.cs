using System.Runtime.InteropServices;

namespace Kist.Crypto;

/// <summary>
/// A public key of Ed25519, by the system's libsodium, which refuses keys and signatures of small order and signatures in a second form. All threads
/// may use it at once.
/// </summary>
public sealed class Ed25519PublicKey
{
    /// <summary>Length of a key.</summary>
    public const int KeyBytes = 32;

    /// <summary>Length of a signature.</summary>
    public const int SignatureBytes = 64;

    private readonly byte[] key;

    /// <summary>Copies <paramref name="key"/>.</summary>
    /// <exception cref="ArgumentException">Not <see cref="KeyBytes"/> long.</exception>
    /// <exception cref="DllNotFoundException">See <see cref="Fault"/>.</exception>
    public Ed25519PublicKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyBytes)
            throw new ArgumentException($"a public key of Ed25519 has {KeyBytes} bytes", nameof(key));
        if (Fault is { } fault)
            throw new DllNotFoundException(fault);
        this.key = key.ToArray();
    }

    /// <summary>Why no key can be made, and what to do: the library is not installed. Null when all is well.</summary>
    public static string? Fault => SodiumLibrary.Fault;

    /// <summary>True when the key's owner has signed the message.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureBytes
        && SodiumLibrary.VerifyDetached(
            in MemoryMarshal.GetReference(signature), in MemoryMarshal.GetReference(message), (ulong)message.Length, in key[0]) == 0;
}
