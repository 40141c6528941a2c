using System.Globalization;
using System.Text;
using Kist.Client.Templates.Formatting;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>Functions on texts. The text comes last, so that it can be piped.</summary>
internal static class TextFunctions
{
    public static IEnumerable<TemplateFunction> All { get; } =
    [
        new("trimSpace", 1, 1, static call => TemplateValue.Of(call.Text(0).Trim())),
        new("trim", 2, 2, static call => TemplateValue.Of(Trim(call.Text(1), call.Text(0)))),
        new("trimPrefix", 2, 2, static call => TemplateValue.Of(TrimPrefix(call.Text(1), call.Text(0)))),
        new("trimSuffix", 2, 2, static call => TemplateValue.Of(TrimSuffix(call.Text(1), call.Text(0)))),
        new("toLower", 1, 1, static call => TemplateValue.Of(call.Text(0).ToLowerInvariant())),
        new("toUpper", 1, 1, static call => TemplateValue.Of(call.Text(0).ToUpperInvariant())),
        new("toTitle", 1, 1, static call => TemplateValue.Of(Title(call.Text(0)))),
        new("split", 2, 2, static call => Split(call.Text(0), call.Text(1).Trim())),
        new("splitToMap", 3, 3, static call => SplitToMap(call.Text(0), call.Text(1), call.Text(2).Trim())),
        new("join", 2, 2, static call => TemplateValue.Of(Join(call.Text(0), call.Texts(1)))),
        new("replaceAll", 3, 3, static call => TemplateValue.Of(Replace(call.Text(2), call.Text(0), call.Text(1)))),
        new("regexMatch", 2, 2, static call => BooleanValue.Of(GoRegex.IsMatch(call.Text(0), call.Text(1)))),
        new("regexReplaceAll", 3, 3, static call => TemplateValue.Of(GoRegex.Replace(call.Text(0), call.Text(2), call.Text(1)))),
        new("indent", 2, 2, static call => TemplateValue.Of(Indent(call.Integer(0, 0, 100_000), call.Text(1)))),
        new("contains", 2, 2, static call => BooleanValue.Of(Containment.Has(call[1], call[0]))),
        new("in", 2, 2, static call => BooleanValue.Of(Containment.Has(call[0], call[1]))),
        new("containsAll", 2, 2, static call => BooleanValue.Of(call.List(0).All(v => Containment.Has(call[1], v)))),
        new("containsAny", 2, 2, static call => BooleanValue.Of(call.List(0).Any(v => Containment.Has(call[1], v)))),
        new("containsNone", 2, 2, static call => BooleanValue.Of(!call.List(0).Any(v => Containment.Has(call[1], v)))),
        new("containsNotAll", 2, 2, static call => BooleanValue.Of(!call.List(0).All(v => Containment.Has(call[1], v)))),
    ];

    public static string Trim(string text, string characters) => text.Trim(characters.ToCharArray()) is var trimmed && characters.Length > 0
        ? trimmed
        : text;

    public static string TrimPrefix(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text;

    public static string TrimSuffix(string text, string suffix) => text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text;

    /// <summary>Each word's first letter large, the others as they are.</summary>
    public static string Title(string text)
    {
        var title = new StringBuilder(text.Length);
        var isInside = false;
        foreach (var c in text)
        {
            var isPart = char.IsLetterOrDigit(c) || c is '_' or '\'' || char.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark;
            title.Append(isPart && !isInside ? char.ToUpperInvariant(c) : c);
            isInside = isPart;
        }
        return title.ToString();
    }

    /// <summary>Texts with another one between them.</summary>
    public static string Join(string separator, IEnumerable<string> texts)
    {
        var joined = new BoundedText();
        var isFirst = true;
        foreach (var text in texts)
        {
            joined.Append(isFirst ? "" : separator).Append(text);
            isFirst = false;
        }
        return joined.ToString();
    }

    /// <summary>All occurrences replaced; of the empty text, which is before and behind every character, too.</summary>
    public static string Replace(string text, string old, string by)
    {
        var replaced = new BoundedText();
        var rest = text.AsSpan();
        if (old.Length == 0)
        {
            foreach (var rune in text)
                replaced.Append(by).Append(rune);
            return replaced.Append(by).ToString();
        }
        while (rest.IndexOf(old, StringComparison.Ordinal) is var found and >= 0)
        {
            replaced.Append(rest[..found]).Append(by);
            rest = rest[(found + old.Length)..];
        }
        return replaced.Append(rest).ToString();
    }

    /// <summary>Blanks in front of each line that is not empty.</summary>
    public static string Indent(int blanks, string text)
    {
        var indented = new BoundedText();
        var isStart = true;
        foreach (var c in text)
        {
            if (isStart && c != '\n')
                indented.Append(' ', blanks);
            indented.Append(c);
            isStart = c == '\n';
        }
        return indented.ToString();
    }

    /// <summary>The parts; each character when there is nothing between them.</summary>
    public static TemplateValue Split(string separator, string text)
    {
        if (text.Length == 0)
            return new ListValue([], "[]string");
        return TemplateValue.Of(separator.Length == 0 ? text.EnumerateRunes().Select(r => r.ToString()) : text.Split(separator));
    }

    private static MapValue SplitToMap(string separator, string inner, string text)
    {
        var pairs = text.Length == 0 ? [] : text.Split(separator)
            .Select(part => (Part: part, At: part.IndexOf(inner, StringComparison.Ordinal)))
            .Where(p => p.At >= 0)
            .Select(p => KeyValuePair.Create(p.Part[..p.At], TemplateValue.Of(p.Part[(p.At + inner.Length)..])));
        return MapValue.Of(pairs, TextValue.Empty);
    }
}
