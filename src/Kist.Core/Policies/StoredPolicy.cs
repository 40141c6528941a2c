using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Kist.Core.Policies;

/// <summary>A policy as stored under its name. The text is what the author wrote; rules are compiled from it.</summary>
internal sealed record StoredPolicy
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>HCL or JSON.</summary>
    public required string Text { get; init; }
}

[JsonSerializable(typeof(StoredPolicy))]
internal sealed partial class PolicyJson : JsonSerializerContext
{
    // Quotes and letters beyond ASCII, of which policies are full, would take six bytes each if escaped as for HTML. What was stored so is read too.
    private static readonly PolicyJson Relaxed = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>The form in which policies are stored.</summary>
    public static JsonTypeInfo<StoredPolicy> Stored => Relaxed.StoredPolicy;
}
