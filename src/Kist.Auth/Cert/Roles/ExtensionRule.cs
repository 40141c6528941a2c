using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Kist.Core.Certificates;

namespace Kist.Auth.Cert.Roles;

/// <summary>What an extension of a client's certificate must be like.</summary>
/// <param name="Oid">Its object identifier.</param>
/// <param name="InHex">True for a pattern of the whole value in hex, false for one of the text that the value is.</param>
/// <param name="Pattern">With <c>*</c> for any text.</param>
internal sealed record ExtensionRule(string Oid, bool InHex, string Pattern)
{
    private const string HexPrefix = "hex:";

    /// <summary>Reads <c>oid:pattern</c> or <c>hex:oid:pattern</c>; null when it is neither.</summary>
    public static ExtensionRule? Parse(string text)
    {
        var inHex = text.StartsWith(HexPrefix, StringComparison.Ordinal);
        var rest = inHex ? text[HexPrefix.Length..] : text;
        var colon = rest.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && IsOid(rest[..colon]) ? new ExtensionRule(rest[..colon], inHex, rest[(colon + 1)..]) : null;
    }

    /// <summary>Whether a text is an object identifier.</summary>
    public static bool IsOid(string text) =>
        text.Length is > 2 and <= 128 && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[^1]) && text.Contains('.', StringComparison.Ordinal)
        && !text.Contains("..", StringComparison.Ordinal) && text.All(c => char.IsAsciiDigit(c) || c == '.');

    /// <summary>Whether a certificate has the extension, and it matches.</summary>
    public bool Matches(X509Certificate2 certificate)
    {
        if (certificate.Extensions.FirstOrDefault(e => e.Oid?.Value == Oid) is not { } extension)
            return false;
        var value = InHex ? Convert.ToHexStringLower(extension.RawData) : TextOf(extension);
        return value is not null && NamePatterns.MatchAny(InHex ? [Pattern.ToLowerInvariant()] : [Pattern], [value]);
    }

    /// <summary>The text that an extension's value is; null when it is none.</summary>
    public static string? TextOf(X509Extension extension)
    {
        try
        {
            var reader = new AsnReader(extension.RawData, AsnEncodingRules.DER);
            var text = CertificateText.Read(reader);
            return reader.HasData ? null : text;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
