using Kist.Core;
using Kist.Wire.Kubernetes;

namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>Finds the resources that a configuration or a person names among those that an API server has.</summary>
public static class RewriteResources
{
    // The same objects under a second name.
    private static readonly string[] Doubles = ["extensions", "events.k8s.io"];
    private static readonly string[] Needed = ["get", "list", "update"];

    /// <summary>Finds them, in the order of their names.</summary>
    /// <returns>
    /// A failure when a name is none of the API server's, when one cannot be written at all, or a custom resource not without the risk of losing fields.
    /// </returns>
    public static async Task<Outcome<IReadOnlyList<KubeResource>>> FindAsync(
        KubeClient client, IReadOnlyList<GroupResource> names, CancellationToken cancellationToken)
    {
        try
        {
            var discovery = await KubeDiscovery.ReadAsync(client, group => names.Any(n => Covers(n, group)), cancellationToken);
            var selected = Select(discovery, names);
            if (!selected.Succeeded)
                return selected.Failure;
            var found = new List<KubeResource>(selected.Value.Count);
            foreach (var resource in selected.Value)
            {
                var stored = await StorageVersion.OfAsync(client, resource, cancellationToken);
                if (!stored.Succeeded)
                    return stored.Failure;
                found.Add(stored.Value);
            }
            return found;
        }
        catch (KubeException e)
        {
            return RewriteFaults.Explain(e);
        }
    }

    private static Outcome<IReadOnlyList<KubeResource>> Select(KubeDiscovery discovery, IReadOnlyList<GroupResource> names)
    {
        var found = new SortedDictionary<string, KubeResource>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var matching = discovery.Resources.Where(r => Matches(name, r)).ToList();
            var writable = matching.Where(r => Needed.All(r.Verbs.Contains)).ToList();
            if (!name.IsWildcard && writable.Count == 0)
                return Missing(discovery, name, matching.Count > 0);
            foreach (var resource in writable)
                found[resource.QualifiedName] = resource;
        }
        return found.Values.ToList();
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
