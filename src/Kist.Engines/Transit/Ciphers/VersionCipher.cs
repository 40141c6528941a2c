using System.Security.Cryptography;
using Kist.Core.Barrier;
using Kist.Crypto;
using Kist.Engines.Transit.Keys;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Ciphers;

/// <summary>
/// Encrypts under one version of a key, byte for byte as Vault does: <c>nonce (12) | ciphertext | tag (16)</c> by AES-GCM.
/// <list type="bullet">
/// <item>A derived key is HKDF-SHA256 of the version's key with the context as its info, of the same length.</item>
/// <item>A convergent key derives 32 bytes more; the first 12 bytes of the plaintext's HMAC-SHA256 under these are the nonce. Two plaintexts share a nonce
/// with a probability of 2^-96, so a context is good for about 2^32 of them, as a key with random nonces is.</item>
/// </list>
/// The version's number is not authenticated: a changed one leads to another key, which refuses.
/// </summary>
internal static class VersionCipher
{
    /// <summary>Bytes that encryption adds.</summary>
    public const int Overhead = AesGcmKey.NonceBytes + AesGcmKey.TagBytes;

    private const int MostDerived = KeyType.MostKeyBytes + MacKey.MacBytes;

    /// <summary>Encrypts. <paramref name="context"/> is not empty when the key is derived, and counts for nothing otherwise.</summary>
    /// <exception cref="BarrierSealedException">The key was wiped meanwhile.</exception>
    public static byte[] Encrypt(
        KeyRecord key, KeyMaterial material, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> context, ReadOnlySpan<byte> associatedData)
    {
        var result = new byte[plaintext.Length + Overhead];
        var nonce = result.AsSpan(0, AesGcmKey.NonceBytes);
        var ciphertext = result.AsSpan(AesGcmKey.NonceBytes, plaintext.Length);
        var tag = result.AsSpan(^AesGcmKey.TagBytes..);
        Span<byte> derived = stackalloc byte[MostDerived];
        try
        {
            if (!key.Derived)
            {
                RandomNumberGenerator.Fill(nonce);
                material.Cipher.Encrypt(nonce, plaintext, ciphertext, tag, associatedData);
                return result;
            }
            derived = derived[..(material.Length + (key.Convergent ? MacKey.MacBytes : 0))];
            material.Deriver.Derive(context, derived);
            if (key.Convergent)
                WriteNonce(derived[material.Length..], plaintext, nonce);
            else
                RandomNumberGenerator.Fill(nonce);
            AesGcmKey.EncryptOnce(derived[..material.Length], nonce, plaintext, ciphertext, tag, associatedData);
            return result;
        }
        catch (ObjectDisposedException)
        {
            throw new BarrierSealedException();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    /// <summary>Decrypts at least <see cref="Overhead"/> bytes into <paramref name="plaintext"/>, which is as much shorter. False when they are not authentic.</summary>
    /// <exception cref="BarrierSealedException">The key was wiped meanwhile.</exception>
    public static bool TryDecrypt(
        KeyRecord key,
        KeyMaterial material,
        ReadOnlySpan<byte> encrypted,
        ReadOnlySpan<byte> context,
        ReadOnlySpan<byte> associatedData,
        Span<byte> plaintext)
    {
        var nonce = encrypted[..AesGcmKey.NonceBytes];
        var ciphertext = encrypted[AesGcmKey.NonceBytes..^AesGcmKey.TagBytes];
        var tag = encrypted[^AesGcmKey.TagBytes..];
        Span<byte> derived = stackalloc byte[KeyType.MostKeyBytes];
        try
        {
            if (!key.Derived)
                return material.Cipher.TryDecrypt(nonce, ciphertext, tag, plaintext, associatedData);
            derived = derived[..material.Length];
            material.Deriver.Derive(context, derived);
            return AesGcmKey.TryDecryptOnce(derived, nonce, ciphertext, tag, plaintext, associatedData);
        }
        catch (ObjectDisposedException)
        {
            throw new BarrierSealedException();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    private static void WriteNonce(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, Span<byte> nonce)
    {
        Span<byte> mac = stackalloc byte[MacKey.MacBytes];
        HMACSHA256.HashData(key, plaintext, mac);
        mac[..nonce.Length].CopyTo(nonce);
    }
}
