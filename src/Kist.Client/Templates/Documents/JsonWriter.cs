using System.Globalization;
using Kist.Client.Templates.Formatting;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Documents;

/// <summary>Writes values as JSON, byte for byte as Go's encoder does.</summary>
internal sealed class JsonWriter
{
    private readonly BoundedText text = new();
    private readonly bool isPretty;
    private readonly bool escapesHtml;

    private JsonWriter(bool isPretty, bool escapesHtml)
    {
        this.isPretty = isPretty;
        this.escapesHtml = escapesHtml;
    }

    public static string Write(TemplateValue value, bool isPretty, bool escapesHtml)
    {
        var writer = new JsonWriter(isPretty, escapesHtml);
        writer.Value(value, 0);
        return writer.text.ToString();
    }

    private void Value(TemplateValue value, int depth)
    {
        TemplateLimits.CheckValueDepth(depth);
        switch (value)
        {
            case NilValue: text.Append("null"); break;
            case TextValue written: Quoted(written.Value); break;
            case FloatValue number: text.Append(Number(number.Value)); break;
            case ListValue list: Items('[', ']', list.Elements, depth, Value); break;
            case MapValue map: Items('{', '}', map.Entries, depth, Entry); break;
            case RecordValue record: Items('{', '}', record.Fields, depth, Entry); break;
            default: text.Append(GoPrint.Scalar(value)); break;
        }
    }

    private void Entry(KeyValuePair<string, TemplateValue> entry, int depth)
    {
        Quoted(entry.Key);
        text.Append(isPretty ? ": " : ":");
        Value(entry.Value, depth);
    }

    private void Items<T>(char open, char close, IReadOnlyCollection<T> items, int depth, Action<T, int> write)
    {
        text.Append(open);
        var isFirst = true;
        foreach (var item in items)
        {
            text.Append(isFirst ? "" : ",");
            NewLine(depth + 1);
            write(item, depth + 1);
            isFirst = false;
        }
        if (items.Count > 0)
            NewLine(depth);
        text.Append(close);
    }

    private void NewLine(int depth)
    {
        if (isPretty)
            text.Append('\n').Append(' ', depth * 2);
    }

    private static string Number(double value)
    {
        if (!double.IsFinite(value))
            throw new TemplateFaultException("a number that is infinite or none cannot be written as JSON");
        var magnitude = Math.Abs(value);
        if (magnitude is 0 or (>= 1e-6 and < 1e21))
            return GoFloats.Fixed(value, null);
        // Go drops a zero in front of a small exponent, but of negative ones only.
        return GoFloats.Exponent(value, null).Replace("e-0", "e-", StringComparison.Ordinal);
    }

    private void Quoted(string value)
    {
        text.Append('"');
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (char.IsSurrogate(c) && !GoText.IsPaired(value, i))
                text.Append("\\ufffd");
            else if (Short(c) is { } escape)
                text.Append('\\').Append(escape);
            else if (c < ' ' || c is '\u2028' or '\u2029' || (escapesHtml && c is ('<' or '>' or '&')))
                text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else
                text.Append(c);
        }
        text.Append('"');
    }

    private static char? Short(char c) => c switch
    {
        '"' => '"',
        '\\' => '\\',
        '\b' => 'b',
        '\f' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        _ => null,
    };
}
