using System.Text.Json;

namespace Kist.Core.Routing.Fields;

/// <summary>Reasons that converters give; the words are made for the caller and never hold the value.</summary>
internal static class FieldReason
{
    /// <summary>Marks a <see cref="JsonException"/> whose message may be shown.</summary>
    private const string ForCaller = "kist.for_caller";

    public static JsonException Expected(string what)
    {
        // Path and line are null here; the serializer fills in the path.
        var error = new JsonException($"expected {what}");
        error.Data[ForCaller] = true;
        return error;
    }

    public static string? Of(JsonException error) => error.Data.Contains(ForCaller) ? error.Message : null;
}
