using System.Buffers.Binary;
using System.Security.Cryptography;
using Kist.Crypto;

namespace Kist.Core.Barrier;

/// <summary>
/// The form of everything encrypted:
/// <code>version (1) | term (4, big endian) | nonce (12) | ciphertext | tag (16)</code>
/// AES-256-GCM with a random nonce. The term names the key; 0 is the root key.
/// </summary>
internal static class SealedValue
{
    /// <summary>The term of the root key.</summary>
    public const uint RootTerm = 0;

    /// <summary>Bytes that encryption adds.</summary>
    public const int Overhead = CiphertextOffset + AeadKey.TagBytes;

    private const byte Version = 1;
    private const int TermOffset = 1;
    private const int NonceOffset = TermOffset + sizeof(uint);
    private const int CiphertextOffset = NonceOffset + AeadKey.NonceBytes;

    /// <exception cref="BarrierSealedException">The key was wiped meanwhile.</exception>
    public static byte[] Encrypt(AeadKey key, uint term, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        var value = new byte[plaintext.Length + Overhead];
        value[0] = Version;
        BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(TermOffset), term);
        var nonce = value.AsSpan(NonceOffset, AeadKey.NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        try
        {
            key.Encrypt(nonce, plaintext, value.AsSpan(CiphertextOffset, plaintext.Length), value.AsSpan(^AeadKey.TagBytes..), associatedData);
        }
        catch (ObjectDisposedException)
        {
            throw new BarrierSealedException();
        }
        return value;
    }

    /// <summary>The term that a value was encrypted under; false when it is too short or of another version.</summary>
    public static bool TryReadTerm(ReadOnlySpan<byte> value, out uint term)
    {
        term = 0;
        if (value.Length < Overhead || value[0] != Version)
            return false;
        term = BinaryPrimitives.ReadUInt32BigEndian(value[TermOffset..]);
        return true;
    }

    /// <summary>Decrypts a value that <see cref="TryReadTerm"/> accepted into <paramref name="plaintext"/>, which is <see cref="Overhead"/> shorter.</summary>
    /// <exception cref="BarrierSealedException">The key was wiped meanwhile.</exception>
    public static bool TryDecrypt(AeadKey key, ReadOnlySpan<byte> value, Span<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        var nonce = value.Slice(NonceOffset, AeadKey.NonceBytes);
        try
        {
            return key.TryDecrypt(nonce, value[CiphertextOffset..^AeadKey.TagBytes], value[^AeadKey.TagBytes..], plaintext, associatedData);
        }
        catch (ObjectDisposedException)
        {
            throw new BarrierSealedException();
        }
    }
}
