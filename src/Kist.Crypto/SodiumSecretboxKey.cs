using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Kist.Crypto;

/// <summary>
/// A key for NaCl's secretbox (XSalsa20 with Poly1305), by the system's libsodium. All threads may use it at once. Nonces may be random: they are
/// long enough for any number of messages.
/// </summary>
public sealed class SodiumSecretboxKey : IDisposable
{
    /// <summary>Length of a key.</summary>
    public const int KeyBytes = 32;

    /// <summary>Length of a nonce.</summary>
    public const int NonceBytes = 24;

    /// <summary>How much longer a box is than its message: the tag, which stands first.</summary>
    public const int TagBytes = 16;

    private readonly SecretBytes key;

    /// <summary>Copies <paramref name="key"/>.</summary>
    /// <exception cref="ArgumentException">Not <see cref="KeyBytes"/> long.</exception>
    /// <exception cref="DllNotFoundException">See <see cref="Fault"/>.</exception>
    public SodiumSecretboxKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyBytes)
            throw new ArgumentException($"a secretbox key has {KeyBytes} bytes", nameof(key));
        if (Fault is { } fault)
            throw new DllNotFoundException(fault);
        this.key = new SecretBytes(key);
    }

    /// <summary>Why no key can be made, and what to do: the library is not installed. Null when all is well.</summary>
    public static string? Fault => SodiumLibrary.Fault;

    /// <summary>
    /// Writes tag and ciphertext to <paramref name="box"/>, which is <see cref="TagBytes"/> longer than <paramref name="message"/>.
    /// </summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <exception cref="ObjectDisposedException">The key was wiped.</exception>
    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> message, Span<byte> box)
    {
        if (nonce.Length != NonceBytes || box.Length - TagBytes != message.Length)
            throw new ArgumentException("wrong length of nonce or box", nameof(box));
        var result = SodiumLibrary.SecretboxEasy(ref First(box), in First(message), (ulong)message.Length, in First(nonce), in First(key.Span));
        if (result != 0)
            throw new CryptographicException("libsodium did not encrypt");
    }

    /// <summary>Opens a box. False when it is too short or its tag does not fit; then <paramref name="message"/> is zeroed.</summary>
    /// <exception cref="ArgumentException">
    /// The nonce has another length, or <paramref name="message"/> is not <see cref="TagBytes"/> shorter than the box.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The key was wiped.</exception>
    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> box, Span<byte> message)
    {
        if (box.Length < TagBytes)
            return false;
        if (nonce.Length != NonceBytes || box.Length - TagBytes != message.Length)
            throw new ArgumentException("wrong length of nonce or message", nameof(message));
        if (SodiumLibrary.SecretboxOpenEasy(ref First(message), in First(box), (ulong)box.Length, in First(nonce), in First(key.Span)) == 0)
            return true;
        CryptographicOperations.ZeroMemory(message);
        return false;
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose() => key.Dispose();

    // Of an empty span it is a null pointer, which the library takes for no bytes.
    private static ref byte First(Span<byte> span) => ref MemoryMarshal.GetReference(span);

    private static ref readonly byte First(ReadOnlySpan<byte> span) => ref MemoryMarshal.GetReference(span);
}
