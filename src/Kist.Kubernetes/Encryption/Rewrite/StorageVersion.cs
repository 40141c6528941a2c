using System.Text.Json;
using Kist.Core;
using Kist.Wire.Kubernetes;

namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>
/// In which version a custom resource must be rewritten: the one that it is stored in. In any other one, the API server may leave out on reading what only
/// the stored version has, and to send that back would delete it.
/// </summary>
internal static class StorageVersion
{
    /// <summary>The resource in its storage version. What is built in keeps everything in every version, and stays as it is.</summary>
    /// <returns>A failure when the storage version is not served.</returns>
    /// <exception cref="KubeException">The API server does not tell.</exception>
    public static async Task<Outcome<KubeResource>> OfAsync(KubeClient client, KubeResource resource, CancellationToken cancellationToken)
    {
        if (BuiltinResources.GroupOf(resource.Plural) == resource.Group)
            return resource;
        var path = $"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{Uri.EscapeDataString(resource.QualifiedName)}";
        ReadOnlyMemory<byte> definition;
        try
        {
            definition = await client.GetRawAsync(path, cancellationToken);
        }
        catch (KubeException e) when (e.Error == KubeError.NotFound)
        {
            // No custom resource: a newer one that is built in, or another server's.
            return resource;
        }
        return Stored(definition, path) is { } version
            ? resource with { Version = version }
            : Failure.Invalid(
                "rewrite.storage_version",
                $"\"{resource.QualifiedName}\" is stored in a version that the API server does not serve: to rewrite it in another one could lose fields");
    }

    // Null when it is not served.
    private static string? Stored(ReadOnlyMemory<byte> definition, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(definition);
            var stored = document.RootElement.GetProperty("spec").GetProperty("versions").EnumerateArray().First(v => v.GetProperty("storage").GetBoolean());
            return stored.GetProperty("served").GetBoolean() ? stored.GetProperty("name").GetString() : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new KubeException(KubeError.Malformed, $"{path}: the answer is no CustomResourceDefinition", e);
        }
    }
}
