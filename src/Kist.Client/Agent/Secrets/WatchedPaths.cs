using Kist.Client.Watching;

namespace Kist.Client.Agent.Secrets;

/// <summary>The paths to hear of, and what becomes of what is heard. Thread-safe.</summary>
/// <param name="entries">What is known.</param>
internal sealed class WatchedPaths(SecretEntries entries)
{
    private readonly Pulse others = new();
    private IReadOnlyList<string> paths = [];
    private long? heard;

    /// <summary>The paths to hear of, and what completes when they are others.</summary>
    public (IReadOnlyList<string> Paths, Task Changed) Now()
    {
        lock (entries.Gate)
            return (paths, others.Next);
    }

    /// <summary>Paths have changed at the server: what was read at them is stale.</summary>
    /// <param name="changes">The paths and the states that include their changes; a folder of them counts as well.</param>
    public void Tell(IEnumerable<WatchedPath> changes)
    {
        lock (entries.Gate)
        {
            foreach (var change in changes)
            {
                foreach (var entry in entries.All)
                {
                    if (IsAt(entry.WatchPath, change.Path))
                        entries.MarkStale(entry, change.Index);
                    else if (entry.Fetching is not null)
                        entry.Told.Add(change);
                }
            }
        }
        entries.Announce();
    }

    /// <summary>All that notices tell of may have changed: it is stale.</summary>
    /// <param name="index">The state that includes all changes.</param>
    public void TellAll(long index)
    {
        lock (entries.Gate)
        {
            heard = index;
            foreach (var entry in entries.All)
            {
                entry.Since = index;
                if (entry.WatchPath is not null)
                    entries.MarkStale(entry, index);
                else if (entry.Fetching is not null)
                    entry.AllTold = index;
            }
        }
        entries.Announce();
    }

    /// <summary>All changes up to a state have been told: what is fetched from now on includes it.</summary>
    public void Hear(long index)
    {
        lock (entries.Gate)
            heard = index;
    }

    /// <summary>
    /// The state from which to ask for changes of paths that are asked for anew: it was known when the first of their fetches began. Null when it is
    /// not known.
    /// </summary>
    public long? SinceOf(IReadOnlySet<string> added)
    {
        lock (entries.Gate)
            return entries.All.Where(e => e.WatchPath is { } path && added.Contains(path)).Min(static e => e.Since);
    }

    /// <summary>A fetch begins. The lock is held.</summary>
    /// <returns>
    /// The state that its answer must include, or null: changes up to it were told before, and are not told again, so that an answer of a node which
    /// lags behind it would stand until the next change.
    /// </returns>
    public long? Begin(SecretEntry entry)
    {
        entry.Since = heard;
        return entry.AtLeast is { } told && heard is { } reached ? Math.Max(told, reached) : entry.AtLeast ?? heard;
    }

    /// <summary>A fetch has ended: looks at what was told before it was known to concern its answer. The lock is held.</summary>
    public void TakeTold(SecretEntry entry)
    {
        if (entry.WatchPath is null)
            return;
        var told = entry.Told.Where(p => IsAt(entry.WatchPath, p.Path)).Select(static p => p.Index).ToList();
        if (entry.AllTold is { } index)
            told.Add(index);
        if (told.Count == 0)
            return;
        entries.MarkStale(entry, told.Max());
        entries.Announce();
    }

    /// <summary>Entries have come, gone, or found their places. The lock is held.</summary>
    public void Renew()
    {
        var now = entries.All.Select(static e => e.WatchPath).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (now.SequenceEqual(paths))
            return;
        paths = now;
        others.Send();
    }

    private static bool IsAt(string? watchPath, string path) => watchPath is not null
        && (watchPath == path || (watchPath.EndsWith("/*", StringComparison.Ordinal) && path.StartsWith(watchPath[..^1], StringComparison.Ordinal)));
}
