using System.Text.Json;

namespace Kist.Auth.Jwt;

/// <summary>How the values of claims are compared and shown: texts as they are, numbers and booleans as JSON writes them.</summary>
internal static class ClaimValues
{
    /// <summary>A single value as text; null for lists, objects and null.</summary>
    public static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    /// <summary>The values of a claim, which is one or a list; what is neither counts for nothing.</summary>
    public static IReadOnlyList<string> TextsOf(JsonElement claim)
    {
        if (claim.ValueKind == JsonValueKind.Array)
            return [.. claim.EnumerateArray().Select(TextOf).OfType<string>()];
        return TextOf(claim) is { } text ? [text] : [];
    }
}
