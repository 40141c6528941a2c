using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>Takes values apart. Texts are bytes, as in Go.</summary>
internal static class Indexing
{
    public static long Length(TemplateValue value) => value switch
    {
        TextValue text => GoText.Length(text.Value),
        NumberTextValue number => number.Value.Length,
        ListValue list => list.Elements.Count,
        MapValue map => map.Entries.Count,
        _ => throw new TemplateFaultException($"{value.Noun} has no length"),
    };

    public static TemplateValue Index(TemplateCall call)
    {
        var value = call[0];
        for (var i = 1; i < call.Count; i++)
        {
            value = value switch
            {
                MapValue map => map.Entries.GetValueOrDefault(call.Text(i), map.Zero),
                ListValue list => list.Elements[Place(call, i, list.Elements.Count)],
                TextValue text => Byte(text.Value, call, i),
                _ => throw new TemplateFaultException($"{value.Noun} has nothing to index"),
            };
        }
        return value;
    }

    public static TemplateValue Slice(TemplateCall call)
    {
        switch (call[0])
        {
            case TextValue text when call.Count < 4:
                var bytes = GoText.ToBytes(text.Value);
                var (from, to) = Bounds(call, bytes.Length);
                return TemplateValue.Of(bytes.AsSpan(from..to));
            case ListValue list:
                var (first, end) = Bounds(call, list.Elements.Count);
                return new ListValue([.. list.Elements.Skip(first).Take(end - first)], list.GoType);
            case TextValue:
                throw new TemplateFaultException("of a string, a slice has two bounds at most");
            default:
                throw new TemplateFaultException($"{call[0].Noun} cannot be sliced");
        }
    }

    private static (int From, int To) Bounds(TemplateCall call, int length)
    {
        var from = call.Count > 1 ? call.Integer(1, 0, length) : 0;
        var to = call.Count > 2 ? call.Integer(2, 0, length) : length;
        if (call.Count > 3)
            call.Integer(3, to, length);
        return from <= to ? (from, to) : throw new TemplateFaultException("the slice would end before it starts");
    }

    private static IntegerValue Byte(string text, TemplateCall call, int argument)
    {
        var bytes = GoText.ToBytes(text);
        return new IntegerValue(bytes[Place(call, argument, bytes.Length)], "uint8");
    }

    private static int Place(TemplateCall call, int argument, int count) => call.Integer(argument) is var place && place >= 0 && place < count
        ? (int)place
        : throw new TemplateFaultException($"the index is out of range, which is from 0 to below {count}");
}
