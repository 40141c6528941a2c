using System.Buffers;
using System.Text.Json;

namespace Kist.Wire.Kubernetes;

/// <summary>What the API server says of a token.</summary>
public sealed record KubeTokenReview
{
    internal const string Path = "/apis/authentication.k8s.io/v1/tokenreviews";

    /// <summary>Whether the token is good now, and for one of the audiences that were asked for.</summary>
    public bool Authenticated { get; private init; }

    /// <summary>Whose it is; <c>system:serviceaccount:namespace:name</c> for service accounts.</summary>
    public string UserName { get; private init; } = "";

    /// <summary>Names the user for all times.</summary>
    public string Uid { get; private init; } = "";

    internal static ReadOnlyMemory<byte> Question(string token, IReadOnlyList<string> audiences)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteString("apiVersion", "authentication.k8s.io/v1");
        writer.WriteString("kind", "TokenReview");
        writer.WriteStartObject("spec");
        writer.WriteString("token", token);
        if (audiences.Count > 0)
        {
            writer.WriteStartArray("audiences");
            foreach (var audience in audiences)
                writer.WriteStringValue(audience);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <exception cref="KubeException"><see cref="KubeError.Malformed"/>: this is no review.</exception>
    internal static KubeTokenReview Parse(ReadOnlyMemory<byte> json, IReadOnlyList<string> audiences)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var status = document.RootElement.GetProperty("status");
            if (!status.TryGetProperty("authenticated", out var good) || !good.GetBoolean() || !IsFor(status, audiences))
                return new KubeTokenReview();
            var user = status.GetProperty("user");
            return new KubeTokenReview { Authenticated = true, UserName = Text(user, "username"), Uid = Text(user, "uid") };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // The answer repeats the token.
            throw new KubeException(KubeError.Malformed, "the API server answered a token review with something else");
        }
    }

    // A server that knows nothing of audiences leaves them out, and has not looked at them.
    private static bool IsFor(JsonElement status, IReadOnlyList<string> audiences) =>
        audiences.Count == 0
        || (status.TryGetProperty("audiences", out var found) && found.ValueKind == JsonValueKind.Array
            && found.EnumerateArray().Any(a => audiences.Contains(a.GetString() ?? "", StringComparer.Ordinal)));

    private static string Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}
