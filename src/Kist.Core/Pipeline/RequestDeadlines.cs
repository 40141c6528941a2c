namespace Kist.Core.Pipeline;

/// <summary>
/// Ends requests that take too long. Requests that begin within the same tenth of the bound, at most a second, share one source, so that a request costs no
/// timer of its own; it may therefore take that much longer.
/// </summary>
internal sealed class RequestDeadlines(TimeSpan bound, TimeProvider time)
{
    private readonly TimeSpan granularity = bound < TimeSpan.FromSeconds(10) ? bound / 10 : TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private readonly Queue<Slot> ended = [];
    private volatile Slot? current;

    /// <summary>The longest time that a request may take.</summary>
    public TimeSpan Bound => bound;

    /// <summary>A token for a request that begins now; it is also cancelled with <paramref name="lifetime"/>, the same for all requests.</summary>
    public CancellationToken Next(CancellationToken lifetime)
    {
        var slot = current;
        return slot is not null && time.GetElapsedTime(slot.Begun) < granularity ? slot.Source.Token : Begin(lifetime);
    }

    private CancellationToken Begin(CancellationToken lifetime)
    {
        lock (gate)
        {
            if (current is { } slot)
            {
                if (time.GetElapsedTime(slot.Begun) < granularity)
                    return slot.Source.Token;
                ended.Enqueue(slot);
            }
            // All that ran under them was cancelled long ago.
            while (ended.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Begun) > (bound * 2) + granularity)
                ended.Dequeue().Source.Dispose();
            var source = CancellationTokenSource.CreateLinkedTokenSource(lifetime);
            source.CancelAfter(bound + granularity);
            current = new Slot(source, time.GetTimestamp());
            return source.Token;
        }
    }

    private sealed record Slot(CancellationTokenSource Source, long Begun);
}
