using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kist.Crypto;

namespace Kist.Engines.Database.Plugins.Postgres;

/// <summary>A password as PostgreSQL stores it for SCRAM-SHA-256 (RFC 5803), made here so that the password itself never reaches the server or its log.</summary>
internal static class ScramHash
{
    private const int Iterations = 4096;
    private const int SaltBytes = 16;

    /// <summary>The hash with a new salt.</summary>
    public static string Of(SecretText password) => Of(password, RandomNumberGenerator.GetBytes(SaltBytes));

    /// <summary>The hash with a given salt.</summary>
    [SuppressMessage("Vulnerability", "S5344", Justification = "The server's own count, which each of its clients computes at each login.")]
    public static string Of(SecretText password, byte[] salt)
    {
        // Passwords that are not ASCII would have to be normalised first (SASLprep); what is made here is ASCII.
        var salted = Rfc2898DeriveBytes.Pbkdf2(password.Utf8, salt, Iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        CryptographicOperations.ZeroMemory(salted);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}");
    }

    /// <summary>True when a password can be hashed without being normalised.</summary>
    public static bool Takes(SecretText password) => Ascii.IsValid(password.Utf8);
}
