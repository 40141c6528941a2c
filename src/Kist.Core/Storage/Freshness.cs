namespace Kist.Core.Storage;

/// <summary>
/// Knows how old a cache's knowledge is at most. Each answer of <see cref="IStore.HeadAsync"/> is a mark: once the watch has delivered that revision, the cache
/// holds nothing that was stale at the moment of asking. What the watch delivers alone proves nothing: it may be late.
/// </summary>
internal sealed class Freshness(TimeProvider clock)
{
    // Marks that wait for their revision; more would be older than the bound by the time it comes.
    private const int MaxMarks = 8;

    private readonly long bound = (long)(CachedStore.Bound.TotalSeconds * clock.TimestampFrequency);
    private readonly Lock gate = new();
    private readonly Pulse pulse = new();
    private readonly Queue<(long Asked, long Head)> marks = new();
    private long freshAsOf = long.MinValue / 2;
    private long delivered = -1;

    /// <summary>True while the last proof is not older than the bound.</summary>
    public bool IsFresh => clock.GetTimestamp() - Volatile.Read(ref freshAsOf) <= bound;

    /// <summary>The last revision whose changes the cache has seen; -1 when it has seen none.</summary>
    public long Delivered => Volatile.Read(ref delivered);

    /// <summary>The store, asked at <paramref name="asked"/> by the clock, was at <paramref name="head"/>.</summary>
    public void Mark(long asked, long head)
    {
        lock (gate)
        {
            marks.Enqueue((asked, head));
            if (marks.Count > MaxMarks)
                _ = marks.Dequeue();
            Prove();
        }
    }

    /// <summary>The cache has seen all changes up to a revision.</summary>
    public void Deliver(long revision)
    {
        lock (gate)
        {
            Volatile.Write(ref delivered, revision);
            Prove();
        }
        pulse.Fire();
    }

    /// <summary>History was lost: nothing is proven any more.</summary>
    public void Reset()
    {
        lock (gate)
        {
            marks.Clear();
            Volatile.Write(ref freshAsOf, long.MinValue / 2);
            Volatile.Write(ref delivered, -1);
        }
    }

    /// <summary>Waits until <paramref name="revision"/> has been delivered.</summary>
    public async Task WaitAsync(long revision, CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = pulse.Next();
            if (Delivered >= revision)
                return;
            await next.WaitAsync(cancellationToken);
        }
    }

    private void Prove()
    {
        while (marks.TryPeek(out var mark) && mark.Head <= delivered)
        {
            _ = marks.Dequeue();
            Volatile.Write(ref freshAsOf, Math.Max(freshAsOf, mark.Asked));
        }
    }
}
