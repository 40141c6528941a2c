using System.Text.Json;
using System.Text.Unicode;

namespace Kist.Crypto.Jose;

/// <summary>
/// JSON that means the same to every reader: valid UTF-8, no name twice in one object, no half of a surrogate pair, nothing behind the value, and no
/// deeper than is good for anybody.
/// </summary>
public static class StrictJson
{
    /// <summary>Deepest nesting.</summary>
    public const int MaxDepth = 16;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <summary>Reads one object; false for all else.</summary>
    public static bool TryParseObject(ReadOnlySpan<byte> utf8, out JsonElement value)
    {
        value = default;
        if (!Utf8.IsValid(utf8) || !HasTexts(utf8))
            return false;
        try
        {
            value = JsonElement.Parse(utf8, Options);
            return value.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The text of a member; null when it is absent or no text.</summary>
    public static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // Escapes can make what is no text, which would be found out only where it is asked for.
    private static bool HasTexts(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                    _ = reader.GetString();
            }
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
