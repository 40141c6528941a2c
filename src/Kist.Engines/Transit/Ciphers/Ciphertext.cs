using System.Globalization;
using Kist.Core;

namespace Kist.Engines.Transit.Ciphers;

/// <summary>
/// The form of everything encrypted, Vault's: <c>vault:v</c>, the key's version, <c>:</c>, and in base64 what <see cref="VersionCipher"/> makes.
/// </summary>
/// <param name="Version">The key's version, from 1.</param>
/// <param name="Bytes">What was encrypted, with its nonce and tag.</param>
internal readonly record struct Ciphertext(int Version, byte[] Bytes)
{
    private const string Prefix = "vault:v";

    /// <summary>The text form.</summary>
    public override string ToString()
    {
        var version = Version.ToString(CultureInfo.InvariantCulture);
        var length = Prefix.Length + version.Length + 1 + ((Bytes.Length + 2) / 3 * 4);
        return string.Create(length, (version, Bytes), static (text, parts) =>
        {
            Prefix.CopyTo(text);
            parts.version.CopyTo(text[Prefix.Length..]);
            text = text[(Prefix.Length + parts.version.Length)..];
            text[0] = ':';
            Convert.TryToBase64Chars(parts.Bytes, text[1..], out _);
        });
    }

    /// <summary>Reads the text form. Says nothing of whether a key opens it.</summary>
    public static Outcome<Ciphertext> Parse(string text)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
            return Invalid("no prefix");
        var rest = text.AsSpan(Prefix.Length);
        var colon = rest.IndexOf(':');
        if (colon < 0)
            return Invalid("wrong number of fields");
        if (!int.TryParse(rest[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            return Invalid("version number could not be decoded");
        var encoded = rest[(colon + 1)..];
        var bytes = new byte[(encoded.Length / 4 * 3) + 3];
        if (!Convert.TryFromBase64Chars(encoded, bytes, out var length))
            return Invalid("could not decode base64");
        if (length < VersionCipher.Overhead)
            return Invalid("too short");
        // Vault's very first ciphertexts counted from 0.
        return new Ciphertext(Math.Max(version, 1), bytes[..length]);
    }

    private static Failure Invalid(string what) => Failure.Invalid("transit.invalid_ciphertext", $"invalid ciphertext: {what}");
}
