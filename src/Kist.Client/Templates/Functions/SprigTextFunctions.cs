using System.Security.Cryptography;
using Kist.Client.Templates.Formatting;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>The common ones of Sprig's functions on texts, under consul-template's prefix.</summary>
internal static class SprigTextFunctions
{
    private const int Any = int.MaxValue;

    public static IEnumerable<TemplateFunction> All { get; } =
    [
        new("sprig_trim", 1, 1, static call => TemplateValue.Of(Print(call, 0).Trim())),
        new("sprig_trimAll", 2, 2, static call => TemplateValue.Of(TextFunctions.Trim(call.Text(1), call.Text(0)))),
        new("sprig_trimPrefix", 2, 2, static call => TemplateValue.Of(TextFunctions.TrimPrefix(call.Text(1), call.Text(0)))),
        new("sprig_trimSuffix", 2, 2, static call => TemplateValue.Of(TextFunctions.TrimSuffix(call.Text(1), call.Text(0)))),
        new("sprig_upper", 1, 1, static call => TemplateValue.Of(call.Text(0).ToUpperInvariant())),
        new("sprig_lower", 1, 1, static call => TemplateValue.Of(call.Text(0).ToLowerInvariant())),
        new("sprig_title", 1, 1, static call => TemplateValue.Of(TextFunctions.Title(call.Text(0)))),
        new("sprig_untitle", 1, 1, static call => TemplateValue.Of(Untitle(call.Text(0)))),
        new("sprig_nospace", 1, 1, static call => TemplateValue.Of(string.Concat(call.Text(0).Where(c => !char.IsWhiteSpace(c))))),
        new("sprig_repeat", 2, 2, static call => TemplateValue.Of(Repeat(call.Text(1), call.Integer(0, 0, int.MaxValue)))),
        new("sprig_replace", 3, 3, static call => TemplateValue.Of(TextFunctions.Replace(call.Text(2), call.Text(0), call.Text(1)))),
        new("sprig_trunc", 2, 2, static call => TemplateValue.Of(Truncate(call.Integer(0), GoText.ToBytes(call.Text(1))))),
        new("sprig_substr", 3, 3, static call => TemplateValue.Of(Substring(call.Integer(0), call.Integer(1), GoText.ToBytes(call.Text(2))))),
        new("sprig_contains", 2, 2, static call => BooleanValue.Of(call.Text(1).Contains(call.Text(0), StringComparison.Ordinal))),
        new("sprig_hasPrefix", 2, 2, static call => BooleanValue.Of(call.Text(1).StartsWith(call.Text(0), StringComparison.Ordinal))),
        new("sprig_hasSuffix", 2, 2, static call => BooleanValue.Of(call.Text(1).EndsWith(call.Text(0), StringComparison.Ordinal))),
        new("sprig_quote", 0, Any, static call => TemplateValue.Of(Quote(call, static text => GoQuote.Quote(text, onlyAscii: false)))),
        new("sprig_squote", 0, Any, static call => TemplateValue.Of(Quote(call, static text => $"'{text}'"))),
        new("sprig_cat", 0, Any, static call => TemplateValue.Of(Quote(call, static text => text))),
        new("sprig_indent", 2, 2, static call => TemplateValue.Of(Indent(call))),
        new("sprig_nindent", 2, 2, static call => TemplateValue.Of("\n" + Indent(call))),
        new("sprig_b64enc", 1, 1, static call => TemplateValue.Of(Convert.ToBase64String(EncodingFunctions.Bytes(call, 0)))),
        new("sprig_b64dec", 1, 1, static call => TemplateValue.Of(EncodingFunctions.Decode(call.Text(0), '+', '/'))),
        new("sprig_sha256sum", 1, 1, static call => TemplateValue.Of(Convert.ToHexStringLower(SHA256.HashData(EncodingFunctions.Bytes(call, 0))))),
        new("sprig_sha512sum", 1, 1, static call => TemplateValue.Of(Convert.ToHexStringLower(SHA512.HashData(EncodingFunctions.Bytes(call, 0))))),
        new("sprig_regexMatch", 2, 2, static call => BooleanValue.Of(GoRegex.IsMatch(call.Text(0), call.Text(1)))),
        new("sprig_regexFind", 2, 2, static call => TemplateValue.Of(GoRegex.Find(call.Text(0), call.Text(1)))),
        // Here, the text comes before what replaces.
        new("sprig_regexReplaceAll", 3, 3, static call => TemplateValue.Of(GoRegex.Replace(call.Text(0), call.Text(1), call.Text(2)))),
    ];

    /// <summary>The value as text, whatever it is.</summary>
    public static string Print(TemplateCall call, int index) => call[index] is NilValue ? "" : GoPrint.Action(call[index]);

    private static string Untitle(string text) => text.Length == 0 ? text : char.ToLowerInvariant(text[0]) + text[1..];

    private static string Repeat(string text, int count)
    {
        var repeated = new BoundedText();
        for (var i = 0; i < count && text.Length > 0; i++)
            repeated.Append(text);
        return repeated.ToString();
    }

    /// <summary>The first bytes, or with a negative number the last.</summary>
    private static ReadOnlySpan<byte> Truncate(long length, byte[] bytes)
    {
        if (Math.Abs((decimal)length) >= bytes.Length)
            return bytes;
        return length < 0 ? bytes.AsSpan(^(int)-length..) : bytes.AsSpan(..(int)length);
    }

    private static ReadOnlySpan<byte> Substring(long start, long end, byte[] bytes)
    {
        var from = (int)Math.Clamp(start, 0, bytes.Length);
        var to = end < 0 ? bytes.Length : (int)Math.Clamp(end, 0, bytes.Length);
        return from <= to ? bytes.AsSpan(from..to) : [];
    }

    private static string Quote(TemplateCall call, Func<string, string> quote) =>
        TextFunctions.Join(" ", call.Arguments.Where(a => a is not NilValue).Select(a => quote(GoPrint.Action(a))));

    private static string Indent(TemplateCall call)
    {
        // Unlike consul-template's, empty lines get the blanks, too.
        var blanks = new string(' ', call.Integer(0, 0, 100_000));
        return blanks + TextFunctions.Replace(call.Text(1), "\n", "\n" + blanks);
    }
}
