using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Kist.Client.Templates.Functions;

/// <summary>Rewrites a regular expression of Go's syntax into the base library's, where the same signs mean something else.</summary>
internal sealed class RegexTranslation
{
    private readonly string pattern;
    private readonly StringBuilder net = new();
    private readonly Stack<bool> outer = new();
    private readonly Dictionary<string, int> names = new(StringComparer.Ordinal);
    private int groups;
    private int index;
    private bool isMultiline;

    private RegexTranslation(string pattern) => this.pattern = pattern;

    /// <summary>The pattern, and the numbers of groups with names, which Go counts like all others.</summary>
    /// <exception cref="TemplateFaultException">Malformed, or beyond Go's syntax.</exception>
    public static (string Pattern, IReadOnlyDictionary<string, int> Names) ToNet(string pattern)
    {
        var translation = new RegexTranslation(pattern);
        while (translation.index < pattern.Length)
            translation.Step();
        return (translation.net.ToString(), translation.names);
    }

    private bool IsAt(string text) => string.CompareOrdinal(pattern, index, text, 0, text.Length) == 0;

    private void Step()
    {
        var c = pattern[index];
        switch (c)
        {
            case '\\':
                Escape(isInClass: false);
                break;
            case '[':
                Class();
                break;
            case '(':
                Group();
                break;
            case ')':
                isMultiline = outer.Count > 0 ? outer.Pop() : isMultiline;
                Copy(1);
                break;
            case '$' when !isMultiline:
                // There it would also be before a last line break.
                net.Append("\\z");
                index++;
                break;
            default:
                Copy(1);
                break;
        }
    }

    private void Copy(int count)
    {
        net.Append(pattern, index, Math.Min(count, pattern.Length - index));
        index += count;
    }

    private void Group()
    {
        outer.Push(isMultiline);
        if (IsAt("(?P<") || IsAt("(?<"))
            NamedGroup();
        else if (IsAt("(?:"))
            Copy(3);
        else if (IsAt("(?"))
            Flags();
        else
            OpenGroup();
    }

    private void OpenGroup()
    {
        groups++;
        Append("(");
    }

    private void NamedGroup()
    {
        var start = pattern.IndexOf('<', index) + 1;
        var end = pattern.IndexOf('>', start);
        var name = end < 0 ? "" : pattern[start..end];
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') || !names.TryAdd(name, groups + 1))
            throw GoRegex.Malformed();
        index = end;
        OpenGroup();
    }

    private void Flags()
    {
        var end = pattern.AsSpan(index).IndexOfAny(':', ')');
        var flags = end < 0 ? "" : pattern.Substring(index + 2, end - 2);
        if (flags.Length == 0 || flags.Any(f => f is not ('i' or 'm' or 's' or '-')))
            throw GoRegex.Malformed();
        var off = flags.IndexOf('-', StringComparison.Ordinal);
        var multiline = flags.IndexOf('m', StringComparison.Ordinal);
        if (multiline >= 0)
            isMultiline = off < 0 || multiline < off;
        var isWhole = pattern[index + end] == ')';
        Copy(end + 1);
        // "(?m)" holds until the group around it ends.
        if (isWhole)
            outer.Pop();
    }

    private void Class()
    {
        Copy(pattern.AsSpan(index).StartsWith("[^") ? 2 : 1);
        if (index < pattern.Length && pattern[index] == ']')
        {
            net.Append("\\]");
            index++;
        }
        while (index < pattern.Length && pattern[index] != ']')
        {
            if (IsAt("[:"))
                Posix();
            else if (pattern[index] == '[')
                Append("\\[");
            else if (pattern[index] == '-' && index + 1 < pattern.Length && pattern[index + 1] == '[' && !IsAt("-[:"))
                Append("\\-");
            else if (pattern[index] == '\\')
                Escape(isInClass: true);
            else
                Copy(1);
        }
        if (index >= pattern.Length)
            throw GoRegex.Malformed();
        Copy(1);
    }

    private void Append(string text)
    {
        net.Append(text);
        index++;
    }

    private void Posix()
    {
        var end = pattern.IndexOf(":]", index, StringComparison.Ordinal);
        net.Append(RegexClasses.Posix(end < 0 ? "" : pattern[(index + 2)..end]) ?? throw GoRegex.Malformed());
        index = end + 2;
    }

    private void Escape(bool isInClass)
    {
        if (index + 1 >= pattern.Length)
            throw GoRegex.Malformed();
        var c = pattern[index + 1];
        index += 2;
        if (RegexClasses.Letter(c) is { } members)
            net.Append(isInClass ? members : $"[{members}]");
        else if (c == 'Q' && !isInClass)
            Literal();
        else if (c is 'p' or 'P' && index < pattern.Length && pattern[index] != '{')
            net.Append('\\').Append(c).Append('{').Append(pattern[index++]).Append('}');
        else if (c == 'x' && index < pattern.Length && pattern[index] == '{')
            CodePoint();
        else if (c is (>= '1' and <= '9') or 'Z' or 'G' or 'k' or 'C' or 'c' or 'e')
            throw GoRegex.Malformed();
        else
            net.Append('\\').Append(c);
    }

    private void Literal()
    {
        var end = pattern.IndexOf("\\E", index, StringComparison.Ordinal);
        var literal = end < 0 ? pattern[index..] : pattern[index..end];
        net.Append(Regex.Escape(literal));
        index = end < 0 ? pattern.Length : end + 2;
    }

    private void CodePoint()
    {
        var end = pattern.IndexOf('}', index);
        var digits = end < 0 ? "" : pattern[(index + 1)..end];
        var isNumber = int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value);
        if (!isNumber || !Rune.IsValid(value) || value > 0xffff)
            throw GoRegex.Malformed();
        net.Append("\\u").Append(value.ToString("X4", CultureInfo.InvariantCulture));
        index = end + 1;
    }
}
