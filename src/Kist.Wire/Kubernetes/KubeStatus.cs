using System.Text.Json;

namespace Kist.Wire.Kubernetes;

/// <summary>A Status object: how the API server says that something failed.</summary>
/// <param name="Code">The HTTP status.</param>
/// <param name="Reason">One word for programs, such as <c>AlreadyExists</c>; empty when there is none.</param>
/// <param name="Message">For people.</param>
public sealed record KubeStatus(int Code, string Reason, string Message)
{
    /// <summary>How long to wait before another try; null when the server did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>After <see cref="KubeError.Gone"/> in a list: goes on from the same place in a newer state. Null when there is none.</summary>
    public string? Continue { get; init; }

    /// <summary>Reads a Status; null when <paramref name="json"/> is none.</summary>
    public static KubeStatus? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static KubeStatus? Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || Text(root, "kind") != "Status")
            return null;
        return new KubeStatus(Number(root, "code"), Text(root, "reason"), Text(root, "message"))
        {
            RetryAfter = Find(root, "details") is { } details && Number(details, "retryAfterSeconds") is > 0 and var seconds
                ? TimeSpan.FromSeconds(seconds)
                : null,
            Continue = Find(root, "metadata") is { } metadata && Text(metadata, "continue") is { Length: > 0 } next ? next : null,
        };
    }

    private static JsonElement? Find(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static string Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static int Number(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : 0;
}
