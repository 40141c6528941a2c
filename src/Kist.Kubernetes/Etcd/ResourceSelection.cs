using System.Text;
using Kist.Core;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Encryption;
using Kist.Wire.Hcl;

namespace Kist.Kubernetes.Etcd;

/// <summary>Which resources are looked at, and where in etcd they lie.</summary>
public sealed class ResourceSelection
{
    private readonly IReadOnlyList<(GroupResource Resource, byte[] Prefix)> places;
    private readonly IReadOnlyList<GroupResource> wildcards;
    private readonly string prefix;

    private ResourceSelection(string prefix, IReadOnlyList<GroupResource> resources)
    {
        this.prefix = prefix;
        Resources = resources;
        wildcards = [.. resources.Where(r => r.IsWildcard)];
        places = [.. resources.Where(r => !r.IsWildcard).SelectMany(r => PlacesOf(prefix, r).Select(place => (r, place)))];
        Prefixes = Outermost(wildcards.Count > 0 ? [Start(prefix)] : places.Select(p => p.Prefix));
    }

    /// <summary>The resources, each once.</summary>
    public IReadOnlyList<GroupResource> Resources { get; }

    /// <summary>What every key must begin with to be of these resources; none begins with another.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Prefixes { get; }

    /// <summary>Everything under the prefix.</summary>
    public static ResourceSelection Everything(string prefix) => new(prefix, [GroupResource.Everything]);

    /// <summary>Reads names as a person writes them: <c>secrets</c>, <c>deployments</c>, <c>widgets.example.org</c>, and the wildcards.</summary>
    /// <param name="prefix">The API server's <c>--etcd-prefix</c>.</param>
    /// <param name="names">The names.</param>
    /// <returns>A failure for a name that no resource can have, since a slip of the pen must not look like a cluster without findings.</returns>
    public static Outcome<ResourceSelection> Parse(string prefix, IEnumerable<string> names)
    {
        var resources = new List<GroupResource>();
        foreach (var name in names)
        {
            var resource = GroupResource.Parse(name);
            if (resource is { Group: "", IsWildcard: false })
            {
                if (BuiltinResources.GroupOf(resource.Resource) is not { } group)
                    return Unknown(name);
                resource = resource with { Group = group };
            }
            else if (name is "*")
            {
                return Failure.Invalid("etcd.resource", "write *. for all resources of the core group, or *.* for all resources");
            }
            resources.Add(resource);
        }
        return Of(prefix, resources);
    }

    /// <summary>Those that a configuration names, and <c>secrets</c>, which matter most where somebody forgot them.</summary>
    public static ResourceSelection Of(string prefix, EncryptionConfiguration configuration) =>
        Of(prefix, configuration.Rules.SelectMany(rule => rule.Resources).Select(r => r.Parsed).Prepend(new GroupResource("secrets", "")));

    /// <summary>What all keys of a resource begin with; of a group's wildcard, what those begin with that name the group.</summary>
    public IReadOnlyList<byte[]> PrefixesOf(GroupResource resource)
    {
        if (!resource.IsWildcard)
            return [.. places.Where(p => p.Resource == resource).Select(p => p.Prefix)];
        return BuiltinResources.Has(resource) ? [Start(prefix)] : [Encoding.UTF8.GetBytes($"{prefix.TrimEnd('/')}/{resource.Group}/")];
    }

    /// <summary>
    /// What the key names; null when it is of no chosen resource, or of what the API server keeps for itself. A built-in resource that is not known here
    /// has the group in which it was chosen by name, else none; each wildcard of a group with built-in resources covers it, for it may be that one's.
    /// </summary>
    public SelectedKey? Select(ReadOnlySpan<byte> key)
    {
        if (StorageKey.Parse(prefix, key) is { } name)
        {
            if (BuiltinResources.IsUnknown(name.Resource))
                name = name with { Resource = InGroup(name.Resource) };
            return name.HasRestApi && Covers(name.Resource) ? new SelectedKey(name, IsWellFormed: true) : null;
        }
        // A key that no API server writes can hold a secret all the same.
        foreach (var (resource, start) in places)
        {
            if (key.StartsWith(start))
                return new SelectedKey(new StorageKey(resource, "", KeyText.Of(key[start.Length..])), IsWellFormed: false);
        }
        return wildcards.Contains(GroupResource.Everything)
            ? new SelectedKey(new StorageKey(new GroupResource("", ""), "", KeyText.Of(key)), IsWellFormed: false)
            : null;
    }

    private static byte[] Start(string prefix) => Encoding.UTF8.GetBytes(prefix.TrimEnd('/') + "/");

    // A resource of a built-in group that is not known here is one of a newer release, which lies under its name alone, or a custom one of an old cluster.
    private static IEnumerable<byte[]> PlacesOf(string prefix, GroupResource resource)
    {
        yield return StorageKey.PrefixOf(prefix, resource);
        if (IsNewBuiltin(resource))
            yield return StorageKey.PrefixOf(prefix, resource with { Group = "" });
    }

    private GroupResource InGroup(GroupResource unknown) =>
        Resources.Where(r => r.Resource == unknown.Resource && IsNewBuiltin(r)).DefaultIfEmpty(unknown).First();

    private static bool IsNewBuiltin(GroupResource resource) =>
        resource.Group.Length > 0 && BuiltinResources.HasGroup(resource.Group) && BuiltinResources.GroupOf(resource.Resource) is null;

    private static List<ReadOnlyMemory<byte>> Outermost(IEnumerable<byte[]> prefixes)
    {
        var outer = new List<ReadOnlyMemory<byte>>();
        foreach (var one in prefixes.Order(Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b))))
        {
            if (outer.Count == 0 || !one.AsSpan().StartsWith(outer[^1].Span))
                outer.Add(one);
        }
        return outer;
    }

    private static ResourceSelection Of(string prefix, IEnumerable<GroupResource> resources) => new(prefix, [.. resources.Distinct()]);

    private static Failure Unknown(string name)
    {
        var hint = HclSuggestion.For(name, BuiltinResources.All);
        return Failure.Invalid("etcd.resource", $"there is no resource \"{name}\"{hint}; write a custom one with its group, as widgets.example.org");
    }

    private bool Covers(GroupResource resource) =>
        wildcards.Contains(GroupResource.Everything)
        || wildcards.Contains(resource.WholeGroup)
        || Resources.Contains(resource)
        || (BuiltinResources.IsUnknown(resource) && wildcards.Any(w => BuiltinResources.HasGroup(w.Group)));
}

/// <summary>A key that was chosen.</summary>
/// <param name="Name">What it names.</param>
/// <param name="IsWellFormed">False for a key under a resource's prefix that is no object's: its name is all that follows the prefix.</param>
public sealed record SelectedKey(StorageKey Name, bool IsWellFormed);
