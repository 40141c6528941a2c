using System.Globalization;
using System.Text;
using Kist.Client.Templates.Values;
using Kist.Wire.Yaml;

namespace Kist.Client.Templates.Documents;

/// <summary>Writes a text as a YAML scalar: as it is where no reader can take it for something else, else in quotes.</summary>
internal static class YamlText
{
    private const string Indicators = "-?:,[]{}#&*!|>'\"%@`";

    /// <summary>Whether the text is best written as a block of lines.</summary>
    public static bool IsBlock(string text) =>
        text.Length > 0 && text[0] is not (' ' or '\n')
        && text.Contains('\n', StringComparison.Ordinal)
        && !text.EndsWith("\n\n", StringComparison.Ordinal)
        && text.All(c => IsPlainCharacter(c) && c != '\t')
        && !text.Split('\n').Any(line => line.EndsWith(' '));

    /// <summary>The text on one line.</summary>
    public static string Line(string text)
    {
        if (!text.All(IsPlainCharacter) || text.AsSpan().ContainsAny('\n', '\t'))
            return Double(text);
        if (IsTakenForSomethingElse(text))
            return Double(text);
        return CanBePlain(text) ? text : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    private static bool IsPlainCharacter(char c) =>
        c is '\n' or '\t' or (>= ' ' and <= '~') or (>= '\u00a0' and <= '\ud7ff') or (>= '\ue000' and <= '\ufffd')
        && c is not ('\u2028' or '\u2029' or '\ufeff');

    private static bool CanBePlain(string text)
    {
        if (text[0] == ' ' || text[^1] == ' ' || text.StartsWith("---", StringComparison.Ordinal) || text.StartsWith("...", StringComparison.Ordinal))
            return false;
        var isIndicator = Indicators.Contains(text[0], StringComparison.Ordinal);
        var isAllowed = text[0] is '-' or '?' or ':' && text.Length > 1 && text[1] != ' ';
        if ((isIndicator && !isAllowed) || text is "=" or "<<")
            return false;
        return !text.Contains(": ", StringComparison.Ordinal) && !text.EndsWith(':') && !text.Contains(" #", StringComparison.Ordinal);
    }

    // What a reader of YAML 1.1 would make a number, a boolean, null or a date of.
    private static bool IsTakenForSomethingElse(string text)
    {
        if (text.Length == 0)
            return true;
        if (text.Length > 64 || !CanBePlain(text))
            return false;
        if (char.IsAsciiDigit(text[0]) && text.Contains('-') && DateTime.TryParse(text, CultureInfo.InvariantCulture, out _))
            return true;
        if (text.Contains(':', StringComparison.Ordinal) && text.All(c => char.IsAsciiDigit(c) || c is ':' or '.' or '-' or '+' or '_'))
            return true;
        return YamlReader.Read($"- {text}").Root is YamlList { Elements: [YamlScalar { Kind: not YamlScalarKind.Text }] };
    }

    private static string Double(string text)
    {
        var quoted = new StringBuilder("\"");
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (GoText.IsPaired(text, i))
                quoted.Append(c);
            else if (Short(c) is { } escape)
                quoted.Append('\\').Append(escape);
            else if (IsPlainCharacter(c))
                quoted.Append(c);
            else if (char.IsSurrogate(c))
                throw new TemplateFaultException("bytes that are no valid UTF-8 cannot be written as YAML");
            else
                quoted.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
        }
        return quoted.Append('"').ToString();
    }

    private static char? Short(char c) => c switch
    {
        '"' => '"',
        '\\' => '\\',
        '\0' => '0',
        '\a' => 'a',
        '\b' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\v' => 'v',
        '\f' => 'f',
        '\r' => 'r',
        _ => null,
    };
}
