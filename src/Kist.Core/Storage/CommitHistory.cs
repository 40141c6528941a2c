using System.Runtime.CompilerServices;

namespace Kist.Core.Storage;

/// <summary>
/// The recent commits of a store that lives in one process, for its watchers. Bounded in commits and bytes: a watcher that asks for more, or falls behind by
/// more, is told <see cref="WatchEvent.Lost"/>. Thread-safe; revisions are appended in order and without gaps.
/// </summary>
public sealed class CommitHistory
{
    private readonly Lock gate = new();
    private readonly Pulse pulse = new();
    private readonly WatchEvent?[] ring;
    private readonly long maxBytes;
    private long oldest;
    private long head;
    private long bytes;
    private bool closed;

    /// <summary>A history that begins after <paramref name="head"/>.</summary>
    /// <param name="head">The store's revision now; what happened up to it is not known here.</param>
    /// <param name="maxCommits">Most commits kept.</param>
    /// <param name="maxBytes">Most bytes of keys kept.</param>
    public CommitHistory(long head, int maxCommits = 16_384, long maxBytes = 8 << 20)
    {
        ring = new WatchEvent?[maxCommits];
        this.maxBytes = maxBytes;
        this.head = head;
        oldest = head + 1;
    }

    /// <summary>The last revision appended.</summary>
    public long Head => Volatile.Read(ref head);

    /// <summary>Appends the next commit. <see cref="Wake"/> tells the watchers, once those who wait for the commit itself have their answers.</summary>
    public void Append(long revision, IReadOnlyList<StoreChange> changes)
    {
        var keys = new StoreKey[changes.Count];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = changes[i].Key;
        lock (gate)
        {
            if (revision != head + 1)
                throw new InvalidOperationException($"commit {revision} follows {head}");
            if (revision - oldest == ring.Length)
                DropOldest();
            ring[revision % ring.Length] = new WatchEvent(revision, keys);
            Volatile.Write(ref head, revision);
            bytes += Size(keys);
            while (bytes > maxBytes && oldest < head)
                DropOldest();
        }
    }

    /// <summary>Wakes the watchers.</summary>
    public void Wake() => pulse.Fire();

    /// <summary>Ends all watches with <see cref="StoreUnavailableException"/>: the store is closing.</summary>
    public void Close()
    {
        lock (gate)
            closed = true;
        pulse.Fire();
    }

    /// <summary>See <see cref="IStore.WatchAsync"/>.</summary>
    public async IAsyncEnumerable<WatchEvent> WatchAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var revision = after;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var changed = pulse.Next();
            if (Find(revision + 1) is not { } found)
            {
                await changed.WaitAsync(cancellationToken);
                continue;
            }
            yield return found;
            if (ReferenceEquals(found, WatchEvent.Lost))
                yield break;
            revision = found.Revision;
        }
    }

    /// <summary>The commit, or Lost when it is not known any more (or never will be), or null when it is the next to come.</summary>
    private WatchEvent? Find(long revision)
    {
        lock (gate)
        {
            if (closed)
                throw new StoreUnavailableException("the store is closed");
            if (revision == head + 1)
                return null;
            return revision < oldest || revision > head ? WatchEvent.Lost : ring[revision % ring.Length];
        }
    }

    private void DropOldest()
    {
        ref var slot = ref ring[oldest % ring.Length];
        bytes -= Size(slot!.Keys);
        slot = null;
        oldest++;
    }

    private static long Size(IReadOnlyList<StoreKey> keys)
    {
        var size = 0L;
        foreach (var key in keys)
            size += key.Span.Length;
        return size;
    }
}
