using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Kist.Crypto;

/// <summary>Makes keys of passphrases by Argon2id (RFC 9106, version 1.3, one lane), by the system's libsodium.</summary>
public static class PassphraseKey
{
    /// <summary>Length of a salt, which is random for each key.</summary>
    public const int SaltBytes = 16;

    /// <summary>Least number of passes.</summary>
    public const int MinPasses = 1;

    /// <summary>Why no key can be made, and what to do: the library is not installed. Null when all is well.</summary>
    public static string? Fault => SodiumLibrary.Fault;

    /// <summary>Makes a key; it takes the time and the memory that the parameters demand.</summary>
    /// <param name="passphrase">The passphrase, in UTF-8.</param>
    /// <param name="salt">Of <see cref="SaltBytes"/>.</param>
    /// <param name="passes">How often the memory is gone over.</param>
    /// <param name="memoryBytes">How much memory, at least 8 KiB.</param>
    /// <param name="length">Length of the key, at least 16 bytes.</param>
    /// <exception cref="ArgumentException">The salt has another length, or a parameter is out of range.</exception>
    /// <exception cref="DllNotFoundException">See <see cref="Fault"/>.</exception>
    /// <exception cref="CryptographicException">The memory is not there.</exception>
    public static SecretBytes Derive(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt, int passes, long memoryBytes, int length)
    {
        if (salt.Length != SaltBytes || passes < MinPasses || memoryBytes < 8192 || length < 16)
            throw new ArgumentException("salt, passes, memory or length out of range", nameof(salt));
        if (Fault is { } fault)
            throw new DllNotFoundException(fault);
        return SecretBytes.Create(length, new Parameters(passphrase, salt, passes, memoryBytes), static (key, p) =>
        {
            var result = SodiumLibrary.PasswordHash(
                ref MemoryMarshal.GetReference(key),
                (ulong)key.Length,
                in MemoryMarshal.GetReference(p.Passphrase),
                (ulong)p.Passphrase.Length,
                in MemoryMarshal.GetReference(p.Salt),
                (ulong)p.Passes,
                (nuint)p.MemoryBytes,
                SodiumLibrary.Argon2id13);
            if (result != 0)
                throw new CryptographicException($"there is no memory of {p.MemoryBytes} bytes to make the key in");
        });
    }

    private readonly ref struct Parameters(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt, int passes, long memoryBytes)
    {
        public ReadOnlySpan<byte> Passphrase { get; } = passphrase;

        public ReadOnlySpan<byte> Salt { get; } = salt;

        public int Passes { get; } = passes;

        public long MemoryBytes { get; } = memoryBytes;
    }
}
