using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Kist.Wire.MySql.Protocol;

/// <summary>What is sent in a password's place. An empty password is answered with nothing.</summary>
internal static class MySqlPasswords
{
    public const string Native = "mysql_native_password";
    public const string CachingSha2 = "caching_sha2_password";

    // A smaller key can be broken, a larger one keeps the client busy.
    private const int SmallestKey = 2048;
    private const int LargestKey = 16_384;

    /// <summary>SHA1(password) xor SHA1(challenge, SHA1(SHA1(password))).</summary>
    [SuppressMessage("ApiDesign", "RS0030", Justification = "The plug-in mysql_native_password is made of it.")]
    [SuppressMessage("Security", "CA5350", Justification = "See above.")]
    [SuppressMessage("Security", "S4790", Justification = "See above.")]
    public static byte[] OfNative(ReadOnlySpan<byte> password, ReadOnlySpan<byte> challenge)
    {
        if (password.IsEmpty)
            return [];
        var once = SHA1.HashData(password);
        var twice = SHA1.HashData(once);
        return Mask(once, SHA1.HashData([.. challenge, .. twice]));
    }

    /// <summary>SHA256(password) xor SHA256(SHA256(SHA256(password)), challenge).</summary>
    public static byte[] OfCachingSha2(ReadOnlySpan<byte> password, ReadOnlySpan<byte> challenge)
    {
        if (password.IsEmpty)
            return [];
        var once = SHA256.HashData(password);
        var twice = SHA256.HashData(once);
        return Mask(once, SHA256.HashData([.. twice, .. challenge]));
    }

    /// <summary>The password and a zero byte, as the server wants it where nobody listens.</summary>
    public static byte[] Plain(ReadOnlySpan<byte> password)
    {
        var plain = new byte[password.Length + 1];
        password.CopyTo(plain);
        return plain;
    }

    /// <summary>The password for whoever has the private key, which need not be the server.</summary>
    /// <exception cref="CryptographicException">The key is none, or of a size that is not taken.</exception>
    public static byte[] Encrypted(ReadOnlySpan<byte> password, ReadOnlySpan<byte> challenge, string publicKey)
    {
        using var key = RSA.Create();
        try
        {
            key.ImportFromPem(publicKey);
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException("there is no public key", e);
        }
        if (key.KeySize is < SmallestKey or > LargestKey)
            throw new CryptographicException("the public key is too small or too large");
        var plain = Plain(password);
        for (var i = 0; i < plain.Length; i++)
            plain[i] ^= challenge[i % challenge.Length];
        try
        {
            return key.Encrypt(plain, RSAEncryptionPadding.OaepSHA1);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static byte[] Mask(byte[] hash, byte[] mask)
    {
        for (var i = 0; i < hash.Length; i++)
            hash[i] ^= mask[i];
        return hash;
    }
}
