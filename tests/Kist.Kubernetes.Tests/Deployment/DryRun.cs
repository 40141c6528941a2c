using System.Globalization;
using System.Text.Json.Nodes;
using Kist.Harness.Kubernetes;

namespace Kist.Kubernetes.Tests.Deployment;

/// <summary>
/// Submits objects to a real API server that validates and admits them and keeps nothing (<c>dryRun=All</c>). Fields that it does not know it drops
/// silently (<c>fieldValidation</c> came with 1.25), so what it answers is compared with what it was sent.
/// </summary>
internal static class DryRun
{
    private static readonly Dictionary<string, string> Plurals = new(StringComparer.Ordinal)
    {
        ["NetworkPolicy"] = "networkpolicies",
        ["Ingress"] = "ingresses",
    };

    private static readonly string[] OfTheCluster = ["Namespace", "ClusterRole", "ClusterRoleBinding"];

    /// <summary>What is wrong with an object; empty when the server takes it whole.</summary>
    public static async Task<IReadOnlyList<string>> SubmitAsync(KubeHttp api, JsonObject item)
    {
        var sent = item.DeepClone().AsObject();
        // Clusters of today serve this kind as policy/v1 alone; the API server of the tests, 1.20, knows it as policy/v1beta1, with the same fields.
        if (sent.Text("apiVersion") == "policy/v1")
            sent["apiVersion"] = "policy/v1beta1";
        // The namespaces are there, for what is in them.
        var answer = sent.Kind() == "Namespace"
            ? await api.SendAsync(HttpMethod.Put, $"{Path(sent)}/{sent.Name()}?dryRun=All", sent)
            : await api.PostAsync($"{Path(sent)}?dryRun=All", sent);
        if ((int)answer.Status is < 200 or >= 300)
            return [$"{item.Title()}: {(int)answer.Status} {answer.Text}"];
        return [.. Lost(sent, JsonNode.Parse(answer.Text), item.Title())];
    }

    // What is in the one and not in the other, which may have more.
    private static IEnumerable<string> Lost(JsonNode? sent, JsonNode? kept, string path) => (sent, kept) switch
    {
        (JsonObject or JsonArray, null) when IsEmpty(sent) => [],
        (null, null) => [],
        (JsonObject one, JsonObject other) => one.SelectMany(pair => Lost(pair.Value, other[pair.Key], $"{path}.{pair.Key}")),
        (JsonArray one, JsonArray other) when one.Count == other.Count => one.SelectMany((value, i) => Lost(value, other[i], $"{path}[{i}]")),
        (JsonValue one, JsonValue other) when one.ToString() == other.ToString() => [],
        (JsonValue one, JsonValue other) when Quantity(one) is { } quantity && quantity == Quantity(other) => [],
        (_, null) => [$"{path}: dropped"],
        _ => [$"{path}: {sent?.ToJsonString()} became {kept.ToJsonString()}"],
    };

    private static bool IsEmpty(JsonNode node) => node is JsonObject { Count: 0 } or JsonArray { Count: 0 };

    // 0.5 comes back as 500m, and 1024Mi as 1Gi.
    private static decimal? Quantity(JsonValue value)
    {
        var text = value.ToString();
        var digits = text.TrimEnd('m', 'K', 'M', 'G', 'T', 'k', 'i');
        return decimal.TryParse(digits, CultureInfo.InvariantCulture, out var number)
            ? text[digits.Length..] switch
            {
                "" => number,
                "m" => number / 1000,
                "Ki" => number * 1024,
                "Mi" => number * 1024 * 1024,
                "Gi" => number * 1024 * 1024 * 1024,
                "Ti" => number * 1024 * 1024 * 1024 * 1024,
                _ => null,
            }
            : null;
    }

    private static string Path(JsonObject item)
    {
        var version = item.Text("apiVersion");
        var api = version.Contains('/', StringComparison.Ordinal) ? $"apis/{version}" : $"api/{version}";
        var plural = Plurals.GetValueOrDefault(item.Kind()) ?? item.Kind().ToLowerInvariant() + "s";
        return OfTheCluster.Contains(item.Kind()) ? $"{api}/{plural}" : $"{api}/namespaces/{item.Namespace()}/{plural}";
    }
}
