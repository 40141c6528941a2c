using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Evaluation;

/// <summary>The methods of the scratchpad.</summary>
internal static class ScratchMethods
{
    /// <summary>Calls one. Values to keep may be pending, keys may not.</summary>
    public static TemplateValue Call(Scratchpad pad, string method, IReadOnlyList<TemplateValue> arguments)
    {
        switch (method)
        {
            case "Key":
                Expect(arguments, 1);
                return BooleanValue.Of(pad.Has(Key(arguments, 0)));
            case "Get":
                Expect(arguments, 1);
                return pad.Get(Key(arguments, 0));
            case "Set" or "SetX":
                Expect(arguments, 2);
                pad.Set(Key(arguments, 0), arguments[1], overwrites: method == "Set");
                return TextValue.Empty;
            case "MapSet" or "MapSetX":
                Expect(arguments, 3);
                pad.SetInMap(Key(arguments, 0), Key(arguments, 1), arguments[2], overwrites: method == "MapSet");
                return TextValue.Empty;
            case "MapValues":
                Expect(arguments, 1);
                return pad.MapValues(Key(arguments, 0));
            default:
                throw new TemplateFaultException($"the scratchpad has no \"{method}\"; it has Key, Get, Set, SetX, MapSet, MapSetX and MapValues");
        }
    }

    /// <summary>How many of a method's arguments, from the first, are keys.</summary>
    public static int Keys(string method) => method is "MapSet" or "MapSetX" ? 2 : 1;

    private static void Expect(IReadOnlyList<TemplateValue> arguments, int count)
    {
        if (arguments.Count != count)
            throw new TemplateFaultException($"this takes {count} argument{(count == 1 ? "" : "s")}, found {arguments.Count}");
    }

    private static string Key(IReadOnlyList<TemplateValue> arguments, int index) => arguments[index] is TextValue key
        ? key.Value
        : throw new TemplateFaultException($"argument {index + 1} must be a string, found {arguments[index].Noun}");
}
