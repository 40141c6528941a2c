using System.Diagnostics.CodeAnalysis;

namespace Kist.Core.Mounts;

/// <summary>One snapshot of all mounts. Mounts never lie inside one another, so the first prefix of a path that is a mount is the only one.</summary>
public sealed class MountTable
{
    private readonly Dictionary<string, Mount> byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, Mount> byId = [];
    private readonly Dictionary<string, Mount>.AlternateLookup<ReadOnlySpan<char>> lookup;

    internal MountTable(IEnumerable<Mount> mounts, long revision)
    {
        Revision = revision;
        foreach (var mount in mounts)
        {
            byPath.Add(mount.Path, mount);
            byId.Add(mount.Id, mount);
        }
        lookup = byPath.GetAlternateLookup<ReadOnlySpan<char>>();
        All = [.. byPath.Values.OrderBy(m => m.Path, StringComparer.Ordinal)];
    }

    /// <summary>All mounts, by path.</summary>
    public IReadOnlyList<Mount> All { get; }

    /// <summary>Revision of the stamp that this snapshot belongs to.</summary>
    internal long Revision { get; }

    /// <summary>Finds the mount that a full path lies in. A path that is a mount's without the trailing slash counts as the mount itself.</summary>
    public bool TryResolve(string path, [NotNullWhen(true)] out Mount? mount)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (lookup.TryGetValue(path.AsSpan(0, slash + 1), out mount))
                return true;
        }
        return byPath.TryGetValue(path + "/", out mount);
    }

    /// <summary>The mount at exactly this path (with trailing slash).</summary>
    public bool TryGet(string path, [NotNullWhen(true)] out Mount? mount) => byPath.TryGetValue(path, out mount);

    /// <summary>The mount with this accessor, or null.</summary>
    public Mount? ByAccessor(string accessor) => All.FirstOrDefault(m => string.Equals(m.Accessor, accessor, StringComparison.Ordinal));

    /// <summary>The mount with this id, or null.</summary>
    public Mount? ById(ulong id) => byId.GetValueOrDefault(id);

    /// <summary>The mount that a new one at <paramref name="path"/> would collide with: the same, one around it, or one inside it.</summary>
    public Mount? Colliding(string path) => All.FirstOrDefault(m =>
        m.Path.StartsWith(path, StringComparison.Ordinal) || path.StartsWith(m.Path, StringComparison.Ordinal));
}
