using System.Globalization;
using System.Text.Json;

namespace Kist.Client.Templates.Values;

/// <summary>Makes values of JSON.</summary>
internal static class JsonValues
{
    /// <param name="json">What to read.</param>
    /// <param name="numbersAsWritten">True for a server's answer; false makes every number a fraction, as <c>parseJSON</c> does.</param>
    public static TemplateValue Read(JsonElement json, bool numbersAsWritten) => json.ValueKind switch
    {
        JsonValueKind.String => new TextValue(Text(json)),
        JsonValueKind.True => BooleanValue.True,
        JsonValueKind.False => BooleanValue.False,
        JsonValueKind.Number when numbersAsWritten => new NumberTextValue(json.GetRawText()),
        JsonValueKind.Number => new FloatValue(Number(json.GetRawText())),
        JsonValueKind.Array => new ListValue([.. json.EnumerateArray().Select(e => Read(e, numbersAsWritten))]),
        JsonValueKind.Object => MapValue.Of(
            json.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, Read(p.Value, numbersAsWritten))), isShared: numbersAsWritten),
        _ => NilValue.Instance,
    };

    private static double Number(string text)
    {
        var number = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(number) ? number : throw new FormatException("a number of the JSON text is out of range");
    }

    private static string Text(JsonElement json)
    {
        try
        {
            return json.GetString() ?? "";
        }
        catch (InvalidOperationException e)
        {
            // Thrown for half a surrogate pair, which no UTF-8 can hold.
            throw new FormatException("a string of the JSON text is no valid text", e);
        }
    }
}
