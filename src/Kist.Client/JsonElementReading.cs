using System.Text.Json;

namespace Kist.Client;

/// <summary>Reads fields of the server's answers, which may be absent, null or of a type we do not expect.</summary>
public static class JsonElementReading
{
    /// <summary>The field, or null when it is absent or JSON's null.</summary>
    public static JsonElement? Field(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    /// <summary>The field if it is an object, else null.</summary>
    public static JsonElement? Object(this JsonElement element, string name) =>
        element.Field(name) is { ValueKind: JsonValueKind.Object } value ? value : null;

    /// <summary>The field if it is a string, else null.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.Field(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The field if it is a whole number, else null.</summary>
    public static long? Number(this JsonElement element, string name) =>
        element.Field(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    /// <summary>True if the field is JSON's true.</summary>
    public static bool IsTrue(this JsonElement element, string name) => element.Field(name) is { ValueKind: JsonValueKind.True };

    /// <summary>The strings of the field if it is an array, else none.</summary>
    public static IReadOnlyList<string> Texts(this JsonElement element, string name) =>
        element.Field(name) is { ValueKind: JsonValueKind.Array } value
            ? [.. value.EnumerateArray().Where(static e => e.ValueKind == JsonValueKind.String).Select(static e => e.GetString()!)]
            : [];
}
