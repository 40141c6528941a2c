using Kist.Client.Templates.Formatting;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Documents;

/// <summary>Writes values as YAML in blocks, as Go's yaml.v2 lays them out, but never folds a long line.</summary>
internal sealed class YamlWriter
{
    private readonly BoundedText text = new();

    private YamlWriter()
    {
    }

    public static string Write(TemplateValue value)
    {
        var writer = new YamlWriter();
        writer.Value(value, 0, 0);
        return writer.text.ToString().TrimEnd('\n');
    }

    /// <summary>Writes a value behind whatever stands on the line already.</summary>
    private void Value(TemplateValue value, int indent, int depth)
    {
        TemplateLimits.CheckValueDepth(depth);
        switch (value)
        {
            case ListValue { Elements.Count: 0 }: text.Append("[]\n"); break;
            case MapValue { Entries.Count: 0 }: text.Append("{}\n"); break;
            case ListValue list: List(list, indent, depth); break;
            case MapValue map: Map(map.Entries, indent, depth); break;
            case RecordValue record:
                Map([.. record.Fields.Select(f => KeyValuePair.Create(f.Key.ToLowerInvariant(), f.Value))], indent, depth);
                break;
            case TextValue written when YamlText.IsBlock(written.Value): Block(written.Value, indent); break;
            default: text.Append(Scalar(value)).Append('\n'); break;
        }
    }

    private void List(ListValue list, int indent, int depth)
    {
        for (var i = 0; i < list.Elements.Count; i++)
        {
            if (i > 0)
                text.Append(' ', indent);
            text.Append("- ");
            Value(list.Elements[i], indent + 2, depth + 1);
        }
    }

    private void Map(IReadOnlyCollection<KeyValuePair<string, TemplateValue>> entries, int indent, int depth)
    {
        var isFirst = true;
        foreach (var (key, value) in entries)
        {
            if (!isFirst)
                text.Append(' ', indent);
            isFirst = false;
            text.Append(YamlText.Line(key)).Append(':');
            // Lists stand under their key without being indented.
            var inner = value switch
            {
                ListValue { Elements.Count: > 0 } => indent,
                MapValue { Entries.Count: > 0 } or RecordValue => indent + 2,
                _ => -1,
            };
            if (inner >= 0)
                text.Append('\n').Append(' ', inner);
            else
                text.Append(' ');
            Value(value, inner >= 0 ? inner : indent + 2, depth + 1);
        }
    }

    private void Block(string value, int indent)
    {
        text.Append('|');
        if (!value.EndsWith('\n'))
            text.Append('-');
        text.Append('\n');
        var body = value.EndsWith('\n') ? value[..^1] : value;
        foreach (var line in body.Split('\n'))
        {
            if (line.Length > 0)
                text.Append(' ', Math.Max(indent, 2)).Append(line);
            text.Append('\n');
        }
    }

    private static string Scalar(TemplateValue value) => value switch
    {
        NilValue => "null",
        TextValue written => YamlText.Line(written.Value),
        FloatValue { Value: double.PositiveInfinity } => ".inf",
        FloatValue { Value: double.NegativeInfinity } => "-.inf",
        FloatValue { Value: double.NaN } => ".nan",
        _ => GoPrint.Scalar(value),
    };
}
