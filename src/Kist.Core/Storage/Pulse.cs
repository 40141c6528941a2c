namespace Kist.Core.Storage;

/// <summary>
/// Wakes all who wait for the next change. A waiter takes <see cref="Next"/> first, then looks whether it has to wait at all, so that no change is missed.
/// </summary>
internal sealed class Pulse
{
    private TaskCompletionSource? next;

    /// <summary>Ends at the next <see cref="Fire"/>.</summary>
    public Task Next()
    {
        if (Volatile.Read(ref next) is { } waiting)
            return waiting.Task;
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Interlocked.CompareExchange(ref next, mine, null) ?? mine).Task;
    }

    /// <summary>Wakes the waiters. Costs one exchange when there are none.</summary>
    public void Fire() => Interlocked.Exchange(ref next, null)?.SetResult();
}
