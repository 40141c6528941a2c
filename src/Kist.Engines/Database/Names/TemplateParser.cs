using System.Globalization;
using System.Text;

namespace Kist.Engines.Database.Names;

/// <summary>Reads a template. A fault is a <see cref="FormatException"/> whose message is fit for the caller.</summary>
internal sealed class TemplateParser(string text)
{
    private const int Deepest = 16;
    private const int MostParts = 100;

    private int at;
    private int count;

    public IReadOnlyList<TemplatePart> Read()
    {
        var parts = new List<TemplatePart>();
        var trim = false;
        while (true)
        {
            var open = text.IndexOf("{{", at, StringComparison.Ordinal);
            var plain = open < 0 ? text[at..] : text[at..open];
            var trimsBefore = open >= 0 && IsTrim(open + 2, open + 3);
            plain = trim ? plain.TrimStart() : plain;
            plain = trimsBefore ? plain.TrimEnd() : plain;
            if (plain.Length > 0)
                parts.Add(new TextPart(plain));
            if (open < 0)
                return parts;
            at = open + (trimsBefore ? 3 : 2);
            parts.Add(Pipeline(0));
            trim = at < text.Length && text[at] == '-';
            at += trim ? 1 : 0;
            Expect("}}");
        }
    }

    // A dash with a space on its inner side.
    private bool IsTrim(int dash, int space) => dash < text.Length && text[dash] == '-' && space < text.Length && char.IsWhiteSpace(text[space]);

    private TemplatePart Pipeline(int depth)
    {
        if (depth > Deepest)
            throw new FormatException($"is nested deeper than {Deepest}");
        var value = Command(depth, null);
        while (SkipSpaceTo('|'))
        {
            at++;
            value = Command(depth, value);
        }
        return value;
    }

    private TemplatePart Command(int depth, TemplatePart? piped)
    {
        if (++count > MostParts)
            throw new FormatException($"has more than {MostParts} parts");
        SkipSpace();
        if (at >= text.Length || !char.IsAsciiLetter(text[at]))
        {
            var operand = Operand(depth);
            return piped is null ? operand : throw new FormatException("pipes a value into what is no function");
        }
        var function = TemplateFunction.Find(Word());
        var arguments = new List<TemplatePart>();
        while (true)
        {
            SkipSpace();
            if (at >= text.Length || text[at] is '|' or ')' or '}' || (text[at] == '-' && at + 1 < text.Length && text[at + 1] == '}'))
                break;
            arguments.Add(Operand(depth));
        }
        if (piped is not null)
            arguments.Add(piped);
        return function.Takes(arguments.Count)
            ? new CallPart(function, arguments)
            : throw new FormatException($"\"{function.Name}\" has too many or too few arguments");
    }

    private TemplatePart Operand(int depth)
    {
        SkipSpace();
        if (++count > MostParts)
            throw new FormatException($"has more than {MostParts} parts");
        var c = at < text.Length ? text[at] : '\0';
        switch (c)
        {
            case '.':
                at++;
                return Word() switch
                {
                    "DisplayName" => new FieldPart(OfRole: false),
                    "RoleName" => new FieldPart(OfRole: true),
                    _ => throw new FormatException("has a field other than .DisplayName and .RoleName"),
                };
            case '"':
                return new TextPart(Quoted());
            case '`':
                return new TextPart(Raw());
            case '(':
                at++;
                var inner = Pipeline(depth + 1);
                SkipSpace();
                Expect(")");
                return inner;
            case '-' or '_' or (>= '0' and <= '9'):
                return new TextPart(Token());
            default:
                // A function without arguments.
                return new CallPart(Argumentless(Word()), []);
        }
    }

    private static TemplateFunction Argumentless(string name) =>
        TemplateFunction.Find(name) is var found && found.Takes(0) ? found : throw new FormatException($"\"{name}\" has too few arguments");

    // Numbers; and the dash and underscore, which Vault's documentation writes without quotes.
    private string Token()
    {
        var start = at;
        if (text[at] is '-' or '_')
            at++;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
        return text[start..at];
    }

    private string Word()
    {
        var start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_'))
            at++;
        return at > start ? text[start..at] : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"cannot be read at character {at + 1}"));
    }

    private string Quoted()
    {
        var made = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '"':
                    at++;
                    return made.ToString();
                case '\\' when at + 1 < text.Length && text[at + 1] is '"' or '\\':
                    made.Append(text[++at]);
                    break;
                case '\\':
                    throw new FormatException("has an escape other than \\\" and \\\\");
                default:
                    made.Append(text[at]);
                    break;
            }
        }
        throw new FormatException("has a string that nothing closes");
    }

    private string Raw()
    {
        var end = text.IndexOf('`', at + 1);
        if (end < 0)
            throw new FormatException("has a string that nothing closes");
        var raw = text[(at + 1)..end];
        at = end + 1;
        return raw;
    }

    private bool SkipSpaceTo(char c)
    {
        SkipSpace();
        return at < text.Length && text[at] == c;
    }

    private void SkipSpace()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
            at++;
    }

    private void Expect(string token)
    {
        if (string.CompareOrdinal(text, at, token, 0, token.Length) != 0)
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"lacks \"{token}\" at character {at + 1}"));
        at += token.Length;
    }
}
