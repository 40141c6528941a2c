using System.Text.Json.Serialization;

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
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class PolicyJson : JsonSerializerContext;
