using Kist.Core.Barrier;
using Kist.Core.Namespaces;

namespace Kist.Auth.Keys;

/// <summary>
/// What is made of a mount's settings and is costly to make: parsed keys, connections. It is made again when the settings have changed. What it
/// replaces is left to those who still use it.
/// </summary>
internal sealed class PerMount<T>
    where T : class
{
    // Those of mounts that are gone go one by one; more mounts than these make it anew now and then.
    private const int Most = 1_000;

    private readonly Lock gate = new();
    private readonly Dictionary<(NamespaceId, ulong), (long Revision, string Stamp, T Value)> kept = [];

    /// <summary>What belongs to the settings of this revision.</summary>
    /// <param name="mount">The mount's storage.</param>
    /// <param name="revision">When its settings were written.</param>
    /// <param name="stamp">What else it is made of.</param>
    /// <param name="make">Makes it, at once.</param>
    public T Of(StorageView mount, long revision, string stamp, Func<T> make)
    {
        var key = (mount.Namespace, mount.MountId);
        lock (gate)
        {
            if (kept.TryGetValue(key, out var item) && item.Revision == revision && item.Stamp == stamp)
                return item.Value;
            if (kept.Count >= Most)
                kept.Remove(kept.Keys.First());
            var made = make();
            kept[key] = (revision, stamp, made);
            return made;
        }
    }
}
