using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Kist.Core.Routing.Fields;

/// <summary>How fields travel as JSON: names, and the accepted forms of each type.</summary>
public static class FieldJson
{
    /// <summary>Deepest nesting of a body.</summary>
    public const int MaxDepth = 64;

    /// <summary>
    /// Options for an engine's <see cref="JsonSerializerContext"/>: snake_case names, and conversion as Vault's: numbers, booleans and durations also as
    /// strings, lists also comma-separated, maps as <c>k=v</c>. A new instance each call: a context owns its options.
    /// </summary>
    public static JsonSerializerOptions Options() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        MaxDepth = MaxDepth,
        // Answers are application/json, never embedded in HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new StringFieldConverter(),
            new SecretTextFieldConverter(),
            new BooleanFieldConverter(),
            new Int32FieldConverter(),
            new Int64FieldConverter(),
            new DurationFieldConverter(),
            new TimeFieldConverter(),
            new StringListFieldConverter(),
            new Int32ListFieldConverter(),
            new StringMapFieldConverter(),
        },
    };

    /// <summary>Reads a record in the accepted forms of its fields; the failure names the field that does not fit.</summary>
    /// <param name="utf8">A JSON object.</param>
    /// <param name="type">From a context made with <see cref="Options"/>.</param>
    public static Outcome<T> Read<T>(ReadOnlyMemory<byte> utf8, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8.Span, type)!;
        }
        catch (JsonException e)
        {
            return FieldErrors.From(e, type);
        }
    }
}
