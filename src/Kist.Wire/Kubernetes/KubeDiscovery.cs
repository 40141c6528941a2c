using System.Text.Json;

namespace Kist.Wire.Kubernetes;

/// <summary>What an API server offers.</summary>
/// <param name="Resources">
/// Every resource once, in the version that its group prefers among those that have it. Parts of resources (<c>pods/log</c>) are left out.
/// </param>
/// <param name="Faults">Groups that could not be asked, with the reason: an API behind the API server that is down.</param>
public sealed record KubeDiscovery(IReadOnlyList<KubeResource> Resources, IReadOnlyList<KubeDiscoveryFault> Faults)
{
    /// <summary>Asks the API server.</summary>
    /// <param name="client">Who asks.</param>
    /// <param name="wantsGroup">Leaves out groups that nobody needs.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<KubeDiscovery> ReadAsync(KubeClient client, Func<string, bool> wantsGroup, CancellationToken cancellationToken)
    {
        var found = new Dictionary<(string Group, string Plural), KubeResource>();
        var faults = new List<KubeDiscoveryFault>();
        foreach (var (group, version) in await VersionsAsync(client, wantsGroup, cancellationToken))
        {
            try
            {
                foreach (var resource in await ResourcesAsync(client, group, version, cancellationToken))
                    found.TryAdd((group, resource.Plural), resource);
            }
            catch (KubeException e) when (e.Error is KubeError.Unavailable or KubeError.Internal or KubeError.NotFound && group.Length > 0)
            {
                faults.Add(new KubeDiscoveryFault($"{group}/{version}", e.Message));
            }
        }
        return new KubeDiscovery([.. found.Values], faults);
    }

    // The preferred version of a group comes first.
    private static async Task<IReadOnlyList<(string Group, string Version)>> VersionsAsync(
        KubeClient client, Func<string, bool> wantsGroup, CancellationToken cancellationToken)
    {
        var named = await AskAsync(client, "/apis", ReadVersions, cancellationToken);
        return [.. named.Prepend((Group: "", Version: "v1")).Where(v => wantsGroup(v.Group))];
    }

    private static IEnumerable<(string Group, string Version)> ReadVersions(JsonElement groups)
    {
        foreach (var group in groups.GetProperty("groups").EnumerateArray())
        {
            var name = Text(group, "name");
            var preferred = Text(group.GetProperty("preferredVersion"), "version");
            yield return (name, preferred);
            foreach (var version in group.GetProperty("versions").EnumerateArray().Select(v => Text(v, "version")).Where(v => v != preferred))
                yield return (name, version);
        }
    }

    private static Task<List<KubeResource>> ResourcesAsync(KubeClient client, string group, string version, CancellationToken cancellationToken)
    {
        var path = group.Length == 0 ? $"/api/{version}" : $"/apis/{group}/{version}";
        return AskAsync(client, path, list => ReadResources(list, group, version), cancellationToken);
    }

    private static IEnumerable<KubeResource> ReadResources(JsonElement list, string group, string version)
    {
        foreach (var resource in list.GetProperty("resources").EnumerateArray())
        {
            var name = Text(resource, "name");
            if (name.Contains('/', StringComparison.Ordinal))
                continue;
            yield return new KubeResource(group, version, name, resource.GetProperty("namespaced").GetBoolean())
            {
                Kind = Text(resource, "kind"),
                Verbs = resource.TryGetProperty("verbs", out var verbs) ? [.. verbs.EnumerateArray().Select(v => v.GetString() ?? "")] : [],
            };
        }
    }

    private static async Task<List<T>> AskAsync<T>(
        KubeClient client, string path, Func<JsonElement, IEnumerable<T>> read, CancellationToken cancellationToken)
    {
        var answer = await client.GetRawAsync(path, cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(answer);
            return [.. read(document.RootElement)];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new KubeException(KubeError.Malformed, $"{path}: the answer is none of Kubernetes' API", e);
        }
    }

    private static string Text(JsonElement parent, string name) => parent.GetProperty(name).GetString() ?? "";
}

/// <summary>A group that could not be asked.</summary>
/// <param name="GroupVersion">Group and version.</param>
/// <param name="Reason">Why.</param>
public sealed record KubeDiscoveryFault(string GroupVersion, string Reason);
