namespace Kist.Kubernetes.Etcd;

/// <summary>Of which resources a scan has met objects.</summary>
/// <param name="selection">Which ones were chosen.</param>
public sealed class SeenResources(ResourceSelection selection)
{
    // An etcd can be full of names of resources that do not exist.
    private const int MostUnknown = 10;

    private readonly HashSet<GroupResource> seen = [];
    private readonly SortedSet<string> unknown = new(StringComparer.Ordinal);

    /// <summary>What was chosen and has no object.</summary>
    public IReadOnlyList<GroupResource> Absent => [.. selection.Resources.Where(r => !seen.Contains(r))];

    /// <summary>Some of the names under which objects lie that are of no resource known here: most likely built into a newer release.</summary>
    public IReadOnlyCollection<string> Unknown => unknown;

    /// <summary>How many objects lie under such names.</summary>
    public long UnknownObjects { get; private set; }

    /// <summary>Takes note of an object.</summary>
    public void Add(SelectedKey key)
    {
        var resource = key.Name.Resource;
        foreach (var chosen in (ReadOnlySpan<GroupResource>)[resource, resource.WholeGroup, GroupResource.Everything])
        {
            if (!seen.Contains(chosen) && selection.Resources.Contains(chosen))
                seen.Add(chosen);
        }
        if (!key.IsWellFormed || !BuiltinResources.IsUnknown(resource))
            return;
        UnknownObjects++;
        if (unknown.Count < MostUnknown)
            unknown.Add(resource.Resource);
    }
}
