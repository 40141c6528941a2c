using System.Security.Cryptography;

namespace Kist.Crypto;

/// <summary>
/// A bcrypt hash of a password, as other programs store them (<c>$2b$10$…</c>): checked, never made. New passwords are hashed by
/// <see cref="PassphraseKey"/>, which costs a guesser memory too.
/// </summary>
public sealed class BcryptHash
{
    /// <summary>Least cost; each further one doubles the time.</summary>
    public const int MinCost = 4;

    /// <summary>Most cost that is taken: some seconds. A higher one would keep a server busy for minutes with one login.</summary>
    public const int MaxCost = 14;

    private const string Alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int SaltBytes = 16;
    private const int HashBytes = 23;
    private const int MostKeyBytes = 72;
    private const int TextLength = 60;
    private const int SaltChars = 22;
    private const int Encryptions = 64;

    private readonly int cost;
    private readonly byte[] salt;
    private readonly byte[] hash;

    private BcryptHash(string text, int cost, byte[] salt, byte[] hash)
    {
        Text = text;
        this.cost = cost;
        this.salt = salt;
        this.hash = hash;
    }

    /// <summary>The hash in its usual form.</summary>
    public string Text { get; }

    /// <summary>Reads a hash of one of the sound variants <c>2a</c>, <c>2b</c> and <c>2y</c>; null for any other text, or a cost out of range.</summary>
    public static BcryptHash? Parse(string text)
    {
        if (text.Length != TextLength || text[..4] is not ("$2a$" or "$2b$" or "$2y$") || text[6] != '$'
            || !char.IsAsciiDigit(text[4]) || !char.IsAsciiDigit(text[5]))
            return null;
        var doublings = ((text[4] - '0') * 10) + text[5] - '0';
        return doublings is >= MinCost and <= MaxCost
            && Decode(text.AsSpan(7, SaltChars), SaltBytes) is { } decodedSalt
            && Decode(text.AsSpan(7 + SaltChars), HashBytes) is { } decodedHash
            ? new BcryptHash(text, doublings, decodedSalt, decodedHash)
            : null;
    }

    /// <summary>True when a password has this hash. Takes the time that its cost demands. As everywhere with bcrypt, bytes after the 72nd do not count.</summary>
    /// <param name="password">In UTF-8.</param>
    public bool Matches(ReadOnlySpan<byte> password)
    {
        Span<byte> key = stackalloc byte[MostKeyBytes];
        var taken = Math.Min(password.Length, MostKeyBytes);
        password[..taken].CopyTo(key);
        // The zero byte that ends a string in C is part of the key.
        key = key[..Math.Min(password.Length + 1, MostKeyBytes)];
        var cipher = new Blowfish();
        cipher.Expand(key, salt);
        for (var round = 0; round < 1 << cost; round++)
        {
            cipher.Expand(key, []);
            cipher.Expand(salt, []);
        }
        CryptographicOperations.ZeroMemory(key);
        Span<byte> block = stackalloc byte[24];
        "OrpheanBeholderScryDoubt"u8.CopyTo(block);
        for (var i = 0; i < Encryptions; i++)
            cipher.EncryptInPlace(block);
        cipher.Clear();
        return CryptographicOperations.FixedTimeEquals(block[..HashBytes], hash);
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    // Base64 with another alphabet and no padding; null when a character is none of it.
    private static byte[]? Decode(ReadOnlySpan<char> text, int length)
    {
        var bytes = new byte[length];
        var (bits, count, written) = (0, 0, 0);
        foreach (var c in text)
        {
            var digit = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (digit < 0)
                return null;
            (bits, count) = (((bits << 6) | digit) & 0xffff, count + 6);
            if (count < 8 || written == length)
                continue;
            count -= 8;
            bytes[written++] = (byte)(bits >> count);
        }
        return bytes;
    }
}
