using Kist.Core;
using Kist.Wire.Kubernetes;

namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>What a search for resources came to.</summary>
/// <param name="Resources">In the order of their names.</param>
/// <param name="Missing">What cannot be rewritten, and why.</param>
public sealed record FoundResources(IReadOnlyList<KubeResource> Resources, IReadOnlyList<MissingResource> Missing);

/// <summary>A resource that cannot be rewritten.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Reason">Why not.</param>
public sealed record MissingResource(GroupResource Name, Failure Reason);

/// <summary>Finds the resources that a configuration or a person names among those that an API server has.</summary>
public static class RewriteResources
{
    // The same objects under a second name.
    private static readonly string[] Doubles = ["extensions", "events.k8s.io"];
    private static readonly string[] Needed = ["get", "list", "update"];

    /// <summary>
    /// Finds those that can be rewritten, and tells of the others: names that are none of the API server's, what cannot be written at all, and custom
    /// resources that cannot be without the risk of losing fields. The caller may know that there is nothing of them.
    /// </summary>
    /// <returns>A failure when the API server does not tell.</returns>
    public static async Task<Outcome<FoundResources>> LookAsync(
        KubeClient client, IReadOnlyList<GroupResource> names, CancellationToken cancellationToken)
    {
        try
        {
            var discovery = await KubeDiscovery.ReadAsync(client, group => names.Any(n => Covers(n, group)), cancellationToken);
            var (selected, missing) = Select(discovery, names);
            var found = new List<KubeResource>(selected.Count);
            foreach (var resource in selected)
            {
                var stored = await StorageVersion.OfAsync(client, resource, cancellationToken);
                if (stored.Succeeded)
                    found.Add(stored.Value);
                else
                    missing.Add(new MissingResource(new GroupResource(resource.Plural, resource.Group), stored.Failure));
            }
            return new FoundResources(found, missing);
        }
        catch (KubeException e)
        {
            return RewriteFaults.Explain(e);
        }
    }

    private static (IReadOnlyCollection<KubeResource> Found, List<MissingResource> Missing) Select(
        KubeDiscovery discovery, IReadOnlyList<GroupResource> names)
    {
        var missing = new List<MissingResource>();
        var found = new SortedDictionary<string, KubeResource>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var matching = discovery.Resources.Where(r => Matches(name, r)).ToList();
            var writable = matching.Where(r => Needed.All(r.Verbs.Contains)).ToList();
            if (!name.IsWildcard && writable.Count == 0)
                missing.Add(new MissingResource(name, Missing(discovery, name, matching.Count > 0)));
            foreach (var resource in writable)
                found[resource.QualifiedName] = resource;
        }
        return (found.Values, missing);
    }

    private static Failure Missing(KubeDiscovery discovery, GroupResource name, bool exists)
    {
        if (exists)
            return Failure.Invalid("rewrite.read_only", $"\"{name}\" cannot be rewritten: the API server does not allow to get, list and update it");
        var fault = discovery.Faults.FirstOrDefault(f => f.GroupVersion.StartsWith(name.Group + "/", StringComparison.Ordinal));
        return fault is not null
            ? Failure.Unavailable("rewrite.group", $"the API server cannot say what {fault.GroupVersion} has: {fault.Reason}")
            : Failure.Invalid("rewrite.resource", $"the API server has no resource \"{name}\"; write it as secrets or widgets.example.org");
    }

    private static bool Covers(GroupResource name, string group) => name == GroupResource.Everything ? !Doubles.Contains(group) : name.Group == group;

    private static bool Matches(GroupResource name, KubeResource resource) =>
        name.IsWildcard ? Covers(name, resource.Group) : name == new GroupResource(resource.Plural, resource.Group);
}
