using System.Globalization;
using System.Text;
using Kist.Client.Templates.Formatting;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Documents;

/// <summary>
/// Writes a map as TOML: what has no parts first, then tables, indented by two blanks a level. Nil has no form in TOML and is left out.
/// </summary>
internal sealed class TomlWriter
{
    private readonly BoundedText text = new();

    private TomlWriter()
    {
    }

    public static string Write(TemplateValue value)
    {
        if (value is not MapValue map)
            throw new TemplateFaultException($"only a map can be written as TOML, not {value.Noun}");
        var writer = new TomlWriter();
        writer.Table(map, [], 0);
        return writer.text.ToString().Trim();
    }

    private void Table(MapValue map, IReadOnlyList<string> path, int indent)
    {
        TemplateLimits.CheckValueDepth(path.Count);
        foreach (var (key, value) in map.Entries)
        {
            if (value is NilValue || IsTable(value))
                continue;
            text.Append(' ', indent).Append(Key(key)).Append(" = ");
            Inline(value, 0);
            text.Append('\n');
        }
        foreach (var (key, value) in map.Entries)
        {
            if (IsTable(value))
                Tables(value, [.. path, key], path.Count == 0 ? 0 : indent);
        }
    }

    private void Tables(TemplateValue value, IReadOnlyList<string> path, int indent)
    {
        var name = string.Join('.', path.Select(Key));
        if (value is MapValue single)
        {
            Header($"[{name}]", indent);
            Table(single, path, indent + 2);
            return;
        }
        foreach (var element in ((ListValue)value).Elements)
        {
            Header($"[[{name}]]", indent);
            Table((MapValue)element, path, indent + 2);
        }
    }

    private void Header(string header, int indent)
    {
        if (text.Length > 0)
            text.Append('\n');
        text.Append(' ', indent).Append(header).Append('\n');
    }

    private static bool IsTable(TemplateValue value) =>
        value is MapValue || (value is ListValue { Elements.Count: > 0 } list && list.Elements.All(e => e is MapValue));

    private void Inline(TemplateValue value, int depth)
    {
        TemplateLimits.CheckValueDepth(depth);
        switch (value)
        {
            case TextValue written:
                text.Append(Quote(written.Value));
                break;
            case FloatValue number:
                text.Append(Number(number.Value));
                break;
            case ListValue list:
                Items('[', ']', list.Elements, (element, _) => Inline(element, depth + 1));
                break;
            case MapValue map:
                Items('{', '}', map.Entries.Where(e => e.Value is not NilValue).ToList(), (entry, _) =>
                {
                    text.Append(Key(entry.Key)).Append(" = ");
                    Inline(entry.Value, depth + 1);
                });
                break;
            case NilValue:
                throw new TemplateFaultException("a list with nil in it cannot be written as TOML");
            default:
                text.Append(GoPrint.Scalar(value));
                break;
        }
    }

    private void Items<T>(char open, char close, IReadOnlyList<T> items, Action<T, int> write)
    {
        text.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            text.Append(i > 0 ? ", " : "");
            write(items[i], i);
        }
        text.Append(close);
    }

    private static string Key(string key) =>
        key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? key : Quote(key);

    private static string Number(double value)
    {
        if (!double.IsFinite(value))
            return value switch { double.PositiveInfinity => "inf", double.NegativeInfinity => "-inf", _ => "nan" };
        var written = GoFloats.Shortest(value);
        return written.AsSpan().ContainsAny('.', 'e') ? written : written + ".0";
    }

    private static string Quote(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '\b' => quoted.Append("\\b"),
                '\t' => quoted.Append("\\t"),
                '\n' => quoted.Append("\\n"),
                '\f' => quoted.Append("\\f"),
                '\r' => quoted.Append("\\r"),
                < ' ' or '\u007f' => quoted.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => quoted.Append(c),
            };
        }
        return quoted.Append('"').ToString();
    }
}
