using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Kist.Commands.Rendering;

/// <summary>
/// Writes JSON values as block YAML 1.2. A text that could be read as something else stands in double quotes.
/// </summary>
internal static class YamlText
{
    private static readonly HashSet<string> Reserved =
        new(["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"], StringComparer.OrdinalIgnoreCase);

    /// <summary>A document.</summary>
    public static string Render(JsonElement value)
    {
        var text = new StringBuilder();
        Value(text, value, 0, "");
        return text.ToString();
    }

    private static void Value(StringBuilder text, JsonElement value, int indent, string gap)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.EnumerateObject().Any():
                Object(text, value, indent, gap.Length > 0);
                break;
            case JsonValueKind.Array when value.GetArrayLength() > 0:
                Array(text, value, indent, gap.Length > 0);
                break;
            default:
                text.Append(gap).Append(Scalar(value)).Append('\n');
                break;
        }
    }

    private static void Object(StringBuilder text, JsonElement value, int indent, bool below)
    {
        if (below)
            text.Append('\n');
        var first = !below;
        foreach (var property in value.EnumerateObject())
        {
            // The first key of a list's item stands behind its dash.
            text.Append(' ', first ? 0 : indent).Append(Plain(property.Name)).Append(':');
            Value(text, property.Value, indent + (property.Value.ValueKind == JsonValueKind.Array ? 0 : 2), " ");
            first = false;
        }
    }

    private static void Array(StringBuilder text, JsonElement value, int indent, bool below)
    {
        if (below)
            text.Append('\n');
        var first = !below;
        foreach (var item in value.EnumerateArray())
        {
            text.Append(' ', first ? 0 : indent).Append("- ");
            Value(text, item, indent + 2, "");
            first = false;
        }
    }

    private static string Scalar(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "{}",
        JsonValueKind.Array => "[]",
        JsonValueKind.String => Plain(value.GetString()!),
        JsonValueKind.Undefined => "null",
        _ => value.GetRawText(),
    };

    private static string Plain(string text) => IsPlain(text) ? text : Quoted(text);

    /// <summary>All but printable ASCII is escaped. Not as in JSON: for YAML, half of a surrogate pair is a character of its own, and none.</summary>
    private static string Quoted(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                '"' or '\\' => quoted.Append('\\').Append((char)rune.Value),
                >= ' ' and <= '~' => quoted.Append((char)rune.Value),
                <= 0xff => quoted.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
                <= 0xffff => quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>Narrower than YAML allows: a letter, then letters, digits and a few signs, and no word that YAML reads as a value.</summary>
    private static bool IsPlain(string text) =>
        text.Length > 0 && (char.IsAsciiLetter(text[0]) || text[0] is '/' or '_')
        && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '/' or '.' or '+' or '=' or '@')
        && !Reserved.Contains(text);
}
