namespace Kist.Client.Agent;

/// <summary>Waits for whatever comes first.</summary>
internal static class Waiting
{
    /// <summary>Waits for a task or for a time to be over; null for no time.</summary>
    public static async Task ForEitherAsync(Task task, TimeSpan? pause, TimeProvider time, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var timer = Task.Delay(pause is { } given ? Bounded(given) : Timeout.InfiniteTimeSpan, time, over.Token);
        await Task.WhenAny(task, timer);
        await over.CancelAsync();
        await timer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Waits for one of several, and ends the others.</summary>
    public static async Task ForAnyAsync(IReadOnlyList<Func<CancellationToken, Task>> tasks, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = tasks.Select(task => task(over.Token)).ToList();
        await Task.WhenAny(running);
        await over.CancelAsync();
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    // Longer than timers can; whoever waits looks again then.
    private static TimeSpan Bounded(TimeSpan pause)
    {
        if (pause < TimeSpan.Zero)
            return TimeSpan.Zero;
        return pause < TimeSpan.FromDays(1) ? pause : TimeSpan.FromDays(1);
    }
}
