using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kist.Core.Routing.Fields;

/// <summary>How fields travel as JSON: names, and the accepted forms of each type.</summary>
public static class FieldJson
{
    internal const string ForCaller = "kist.for_caller";

    /// <summary>
    /// Options for an engine's <see cref="JsonSerializerContext"/>: snake_case names, and conversion as Vault's: numbers, booleans and durations also as
    /// strings, lists also comma-separated, maps as <c>k=v</c>. A new instance each call: a context owns its options.
    /// </summary>
    public static JsonSerializerOptions Options() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        MaxDepth = 64,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
