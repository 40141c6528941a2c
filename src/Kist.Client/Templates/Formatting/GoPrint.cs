using System.Globalization;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Formatting;

/// <summary>Prints values as Go's <c>fmt</c> does without a format.</summary>
internal static class GoPrint
{
    /// <summary>What an action writes.</summary>
    public static string Action(TemplateValue value) => value switch
    {
        TextValue text => text.Value,
        NumberTextValue number => number.Value,
        _ => Value(value),
    };

    /// <summary>As <c>print</c>: a blank between two that are no strings.</summary>
    public static string Print(IReadOnlyList<TemplateValue> values)
    {
        var text = new BoundedText();
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0 && !IsText(values[i]) && !IsText(values[i - 1]))
                text.Append(' ');
            text.Append(Action(values[i]));
        }
        return text.ToString();
    }

    /// <summary>As <c>println</c>.</summary>
    public static string PrintLine(IReadOnlyList<TemplateValue> values)
    {
        var text = new BoundedText();
        for (var i = 0; i < values.Count; i++)
            text.Append(i > 0 ? " " : "").Append(Action(values[i]));
        return text.Append('\n').ToString();
    }

    /// <summary>As <c>%v</c>.</summary>
    public static string Value(TemplateValue value)
    {
        var text = new BoundedText();
        Write(text, value, Scalar, 0);
        return text.ToString();
    }

    /// <summary>Writes containers as Go does, and what is in them as <paramref name="scalar"/> says.</summary>
    public static void Write(BoundedText text, TemplateValue value, Func<TemplateValue, string> scalar, int depth)
    {
        TemplateLimits.CheckValueDepth(depth);
        switch (value)
        {
            case ListValue list:
                text.Append('[');
                for (var i = 0; i < list.Elements.Count; i++)
                {
                    text.Append(i > 0 ? " " : "");
                    Write(text, list.Elements[i], scalar, depth + 1);
                }
                text.Append(']');
                break;
            case MapValue map:
                var isFirst = true;
                text.Append("map[");
                foreach (var (key, element) in map.Entries)
                {
                    text.Append(isFirst ? "" : " ").Append(scalar(new TextValue(key))).Append(':');
                    Write(text, element, scalar, depth + 1);
                    isFirst = false;
                }
                text.Append(']');
                break;
            case RecordValue record:
                text.Append('{');
                for (var i = 0; i < record.Fields.Count; i++)
                {
                    text.Append(i > 0 ? " " : "");
                    Write(text, record.Fields[i].Value, scalar, depth + 1);
                }
                text.Append('}');
                break;
            default:
                text.Append(scalar(value));
                break;
        }
    }

    private static bool IsText(TemplateValue value) => value is TextValue or NumberTextValue;

    /// <summary>A value without parts, as <c>%v</c>.</summary>
    public static string Scalar(TemplateValue value) => value switch
    {
        NilValue => "<nil>",
        BooleanValue boolean => boolean.Value ? "true" : "false",
        IntegerValue integer => integer.Value.ToString(CultureInfo.InvariantCulture),
        UnsignedValue unsigned => unsigned.Value.ToString(CultureInfo.InvariantCulture),
        FloatValue number => GoFloats.Shortest(number.Value),
        TextValue text => text.Value,
        NumberTextValue number => number.Value,
        _ => throw new TemplateFaultException($"{value.Noun} cannot be printed"),
    };
}
