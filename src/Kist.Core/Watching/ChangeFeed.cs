using System.Buffers;
using System.Runtime.InteropServices;
using Kist.Core.Storage;

namespace Kist.Core.Watching;

/// <summary>
/// The last changes of paths that clients can watch, and who waits for the next ones. Memory is bounded: who asks for changes that are no longer known is told
/// so. A change wakes those alone who watch its path or a folder around it, however many others there are.
/// </summary>
internal sealed class ChangeFeed : IDisposable
{
    /// <summary>Most changes that are remembered.</summary>
    public const int Kept = 16_384;

    /// <summary>Most that one token watches at once, so that no holder of a token takes the places of all others.</summary>
    public const int MostOfHolder = 128;

    private const int MostWatchers = 20_000;

    // Commits wait for whoever looks through the changes: only while this many are copied, not while they are compared with paths.
    private const int AtOnce = 256;

    private readonly Lock gate = new();
    private readonly Pulse moved = new();
    private readonly CancellationTokenSource ended = new();
    private readonly PathChange[] ring = new PathChange[Kept];
    private readonly Dictionary<string, HashSet<Watcher>> watchers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> held = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<Watcher>>.AlternateLookup<ReadOnlySpan<char>> lookup;

    // Changes are numbered from 0; the ring holds those from first up to next.
    private long first;
    private long next;
    private long knownAfter = long.MaxValue;
    private long index = -1;
    private int count;

    public ChangeFeed() => lookup = watchers.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The revision up to which all changes are here; -1 while the store is not followed.</summary>
    public long Index => Volatile.Read(ref index);

    /// <summary>How many watch now.</summary>
    public int Watchers => Volatile.Read(ref count);

    /// <summary>Cancelled when nobody is to wait any longer.</summary>
    public CancellationToken Ended => ended.Token;

    /// <summary>Begins at a revision, and forgets all before.</summary>
    public void Begin(long revision)
    {
        lock (gate)
        {
            first = next;
            knownAfter = revision;
            Volatile.Write(ref index, revision);
            foreach (var waiting in watchers.Values.SelectMany(w => w))
                waiting.Wake();
        }
        moved.Fire();
    }

    /// <summary>A commit: what it changed of paths that can be watched, which may be nothing.</summary>
    public void Append(long revision, IReadOnlyList<PathChange> changes)
    {
        lock (gate)
        {
            foreach (var change in changes)
            {
                if (next - first == Kept)
                    knownAfter = ring[first++ % Kept].Index;
                ring[next++ % Kept] = change;
            }
            Volatile.Write(ref index, revision);
            foreach (var change in changes)
            {
                foreach (var key in WatchedPaths.KeysOf(change.Path))
                {
                    if (!lookup.TryGetValue(key.Span, out var waiting))
                        continue;
                    foreach (var watcher in waiting)
                        watcher.Wake();
                }
            }
        }
        moved.Fire();
    }

    /// <summary>The server stops: who waits is answered now, and nobody waits from now on.</summary>
    public void End() => ended.Cancel();

    /// <inheritdoc/>
    public void Dispose() => ended.Dispose();

    /// <summary>Waits until all changes up to a revision are here; false when they are not after <paramref name="bound"/>.</summary>
    public async ValueTask<bool> ReachedAsync(long revision, TimeSpan bound, CancellationToken cancellationToken)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Ended);
        timer.CancelAfter(bound);
        while (true)
        {
            var moves = moved.Next();
            if (Index >= revision)
                return true;
            if (timer.IsCancellationRequested)
                return false;
            await moves.WaitAsync(timer.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>What has changed of some paths after an index, oldest first and each path once, as it changed last.</summary>
    /// <param name="after">The index.</param>
    /// <param name="paths">The paths.</param>
    /// <param name="most">Most paths to answer.</param>
    public ChangeSlice Since(long after, WatchedPaths paths, int most)
    {
        if (After(after) is not { } stretch)
            return new ChangeSlice(Index, [], Lost: true);
        var found = new Dictionary<string, PathChange>(StringComparer.Ordinal);
        var last = after;
        var copies = ArrayPool<PathChange>.Shared.Rent(AtOnce);
        try
        {
            while (stretch.From < stretch.To)
            {
                if (!TryCopy(ref stretch, copies.AsSpan(0, AtOnce), out var copied))
                    return new ChangeSlice(Index, [], Lost: true);
                foreach (var change in copies.AsSpan(0, copied))
                {
                    if (!paths.Include(change.Path))
                        continue;
                    // Whole commits: who goes on from a commit's index has seen all of it.
                    if (found.Count >= most && change.Index > last && !found.ContainsKey(change.Path))
                        return new ChangeSlice(last, Ordered(found), Lost: false, More: true);
                    found[change.Path] = change;
                    last = change.Index;
                }
            }
            return new ChangeSlice(stretch.Index, Ordered(found), Lost: false);
        }
        finally
        {
            ArrayPool<PathChange>.Shared.Return(copies, clearArray: true);
        }
    }

    /// <summary>The changes after an index that are known now; null when some of them are not known any more, or not yet.</summary>
    internal Stretch? After(long after)
    {
        lock (gate)
            return after < knownAfter || after > index ? null : new Stretch(FirstAfter(after), next, index);
    }

    /// <summary>Copies the next changes of a stretch, as many as there is room for; false when some were forgotten meanwhile.</summary>
    internal bool TryCopy(ref Stretch stretch, Span<PathChange> copies, out int copied)
    {
        lock (gate)
        {
            copied = 0;
            if (stretch.From < first)
                return false;
            while (copied < copies.Length && stretch.From + copied < stretch.To)
            {
                copies[copied] = ring[(stretch.From + copied) % Kept];
                copied++;
            }
        }
        stretch = stretch with { From = stretch.From + copied };
        return true;
    }

    /// <summary>Is woken by the next changes of some paths until it is disposed; no watcher when too many watch.</summary>
    /// <param name="paths">The paths.</param>
    /// <param name="holder">Whose place it is: the token's keyed hash.</param>
    public (Watcher? Watcher, bool HolderHasAll) Watch(WatchedPaths paths, string holder)
    {
        var watcher = new Watcher(this, paths, holder);
        lock (gate)
        {
            var own = held.GetValueOrDefault(holder);
            if (own >= MostOfHolder)
                return (null, true);
            if (count >= MostWatchers)
                return (null, false);
            held[holder] = own + 1;
            count++;
            foreach (var key in paths.Keys)
            {
                if (!watchers.TryGetValue(key, out var waiting))
                    watchers.Add(key, waiting = []);
                waiting.Add(watcher);
            }
        }
        return (watcher, false);
    }

    private static List<PathChange> Ordered(Dictionary<string, PathChange> found) => [.. found.Values.OrderBy(c => c.Index)];

    private long FirstAfter(long after)
    {
        var (low, high) = (first, next);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (ring[middle % Kept].Index > after)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    private void Remove(Watcher watcher, WatchedPaths paths, string holder)
    {
        lock (gate)
        {
            count--;
            if (--held[holder] is var left && left == 0)
                held.Remove(holder);
            foreach (var key in paths.Keys)
            {
                if (watchers.TryGetValue(key, out var waiting) && waiting.Remove(watcher) && waiting.Count == 0)
                    watchers.Remove(key);
            }
        }
    }

    /// <summary>Changes to look through: their numbers from one up to another, and the index that they reach.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Stretch(long From, long To, long Index);

    /// <summary>One who waits. Take <see cref="Next"/> first, then look whether there is something, so that no change is missed.</summary>
    internal sealed class Watcher(ChangeFeed feed, WatchedPaths paths, string holder) : IDisposable
    {
        private readonly Pulse pulse = new();
        private int isGone;

        /// <summary>Ends at the next change.</summary>
        public Task Next() => pulse.Next();

        /// <summary>Something has changed.</summary>
        public void Wake() => pulse.Fire();

        /// <inheritdoc/>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref isGone, 1) == 0)
                feed.Remove(this, paths, holder);
        }
    }
}

/// <summary>Changes after an index.</summary>
/// <param name="Index">The index to go on from.</param>
/// <param name="Changes">The changes.</param>
/// <param name="Lost">Changes in between are not known any more: read everything again, and go on from the index.</param>
/// <param name="More">More changes are known: there is nothing to wait for.</param>
internal sealed record ChangeSlice(long Index, IReadOnlyList<PathChange> Changes, bool Lost, bool More = false);
