using System.Security.Cryptography;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>Encodings and hashes. Texts are bytes, valid UTF-8 or not.</summary>
internal static class EncodingFunctions
{
    public static IEnumerable<TemplateFunction> All { get; } =
    [
        new("base64Encode", 1, 1, static call => TemplateValue.Of(Convert.ToBase64String(Bytes(call, 0)))),
        new("base64Decode", 1, 1, static call => TemplateValue.Of(Decode(call.Text(0), '+', '/'))),
        new("base64URLEncode", 1, 1, static call => TemplateValue.Of(Convert.ToBase64String(Bytes(call, 0)).Replace('+', '-').Replace('/', '_'))),
        new("base64URLDecode", 1, 1, static call => TemplateValue.Of(Decode(call.Text(0), '-', '_'))),
        new("sha256Hex", 1, 1, static call => TemplateValue.Of(Convert.ToHexStringLower(SHA256.HashData(Bytes(call, 0))))),
        new("md5sum", 1, 1, static call => TemplateValue.Of(Md5(Bytes(call, 0)))),
        new("hmacSHA256Hex", 2, 2, static call => TemplateValue.Of(Convert.ToHexStringLower(HMACSHA256.HashData(Bytes(call, 1), Bytes(call, 0))))),
    ];

    public static byte[] Bytes(TemplateCall call, int index) => GoText.ToBytes(call.Text(index));

    /// <summary>The bytes of a Base64 text with padding, line breaks in it left aside.</summary>
    public static byte[] Decode(string text, char plus, char slash)
    {
        var standard = text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
        if (standard.All(c => char.IsAsciiLetterOrDigit(c) || c == plus || c == slash || c == '='))
        {
            var buffer = new byte[standard.Length];
            if (Convert.TryFromBase64String(standard.Replace(plus, '+').Replace(slash, '/'), buffer, out var length))
                return buffer[..length];
        }
        throw new TemplateFaultException("the text is not valid Base64");
    }

#pragma warning disable RS0030, CA5351, S4790 // The function's name demands it; it protects nothing.
    private static string Md5(byte[] bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore RS0030, CA5351, S4790
}
