using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Kist.Core.Identity.Mfa;

/// <summary>Codes by time (RFC 6238), as authenticator apps make them.</summary>
internal static class Totp
{
    /// <summary>The hashes that apps know.</summary>
    public static IReadOnlyList<string> Algorithms { get; } = ["SHA1", "SHA256", "SHA512"];

    /// <summary>The number of the period that a moment lies in.</summary>
    public static long StepAt(DateTimeOffset moment, int periodSeconds) => moment.ToUnixTimeSeconds() / periodSeconds;

    /// <summary>The code of a period.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "RFC 6238 demands HMAC-SHA-1, and authenticator apps know little else.")]
    public static string Code(ReadOnlySpan<byte> secret, long step, string algorithm, int digits)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> mac = stackalloc byte[HMACSHA512.HashSizeInBytes];
        var length = algorithm switch
        {
            "SHA256" => HMACSHA256.HashData(secret, counter, mac),
            "SHA512" => HMACSHA512.HashData(secret, counter, mac),
            _ => HMACSHA1.HashData(secret, counter, mac),
        };
        var offset = mac[length - 1] & 0xf;
        var number = BinaryPrimitives.ReadInt32BigEndian(mac[offset..]) & 0x7fffffff;
        var modulus = digits == 8 ? 100_000_000 : 1_000_000;
        return (number % modulus).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    /// <summary>Compares codes in a time that does not tell how far they agree; one of another length differs at once.</summary>
    public static bool AreSame(string code, ReadOnlySpan<byte> given) =>
        code.Length == given.Length && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(code), given);

    /// <summary>A secret as apps take it: base32 without padding.</summary>
    public static string Base32(ReadOnlySpan<byte> secret)
    {
        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var text = new StringBuilder((secret.Length * 8 / 5) + 1);
        var buffer = 0;
        var bits = 0;
        foreach (var b in secret)
        {
            buffer = (buffer << 8) | b;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                text.Append(Letters[(buffer >> bits) & 31]);
            }
            buffer &= (1 << bits) - 1;
        }
        if (bits > 0)
            text.Append(Letters[(buffer << (5 - bits)) & 31]);
        return text.ToString();
    }
}
