using System.Text.Json;

namespace Kist.Commands.Rendering;

/// <summary>
/// Values in tables look as in Vault's, which scripts have learnt to read: Go's default forms, such as <c>[a b]</c> and <c>map[k:v]</c>.
/// </summary>
internal static class GoText
{
    /// <summary>How a null is shown.</summary>
    public const string Null = "<nil>";

    /// <summary>A value in a cell.</summary>
    public static string Format(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => Null,
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Array => $"[{string.Join(' ', value.EnumerateArray().Select(Format))}]",
        JsonValueKind.Object => $"map[{string.Join(' ', Sorted(value).Select(static p => $"{p.Name}:{Format(p.Value)}"))}]",
        _ => value.GetRawText(),
    };

    /// <summary>A list whose texts are quoted, as policies of a token are shown: <c>["default" "app"]</c>.</summary>
    public static string Quoted(JsonElement list) =>
        $"[{string.Join(' ', list.EnumerateArray().Select(static e => $"\"{Format(e)}\""))}]";

    /// <summary>The fields of an object by name, in the order of tables.</summary>
    public static IEnumerable<JsonProperty> Sorted(JsonElement value) => value.EnumerateObject().OrderBy(static p => p.Name, StringComparer.Ordinal);
}
