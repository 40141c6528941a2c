using System.Text.Json.Nodes;

namespace Kist.Kubernetes.Tests.Deployment;

/// <summary>Reads an object's fields by their path.</summary>
internal static class KubeJson
{
    public static JsonNode? At(this JsonNode? node, params string[] path)
    {
        foreach (var key in path)
            node = (node as JsonObject)?[key];
        return node;
    }

    public static string Text(this JsonNode? node, params string[] path) => node.At(path)?.ToString() ?? "";

    public static bool Is(this JsonNode? node, bool value, params string[] path) =>
        node.At(path) is JsonValue found && found.TryGetValue<bool>(out var flag) && flag == value;

    public static IEnumerable<JsonNode> List(this JsonNode? node, params string[] path) => (node.At(path) as JsonArray ?? []).OfType<JsonNode>();

    public static string Kind(this JsonObject item) => item.Text("kind");

    public static string Name(this JsonObject item) => item.Text("metadata", "name");

    public static string Namespace(this JsonObject item) => item.Text("metadata", "namespace");

    public static string Title(this JsonObject item) => $"{item.Kind()} {item.Name()}";

    /// <summary>The pod of a workload; null for other kinds.</summary>
    public static JsonNode? Pod(this JsonObject item) => item.Kind() is "StatefulSet" or "Deployment" ? item.At("spec", "template") : null;

    /// <summary>All containers of a pod, those that come first too.</summary>
    public static IEnumerable<JsonNode> Containers(this JsonNode pod) => pod.List("spec", "initContainers").Concat(pod.List("spec", "containers"));

    /// <summary>Whether a selector picks something with these labels.</summary>
    public static bool Selects(this JsonNode? selector, JsonNode? labels) =>
        selector is JsonObject wanted && wanted.Count > 0 && wanted.All(pair => labels.Text(pair.Key) == pair.Value?.ToString());
}
