namespace Kist.Client.Agent;

/// <summary>Waits for whatever comes first.</summary>
internal static class Waiting
{
    // Timers stand still while the machine is suspended, which clocks may not.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    /// <summary>Waits for a task or for a time to be over; null for no time.</summary>
    public static async Task ForEitherAsync(Task task, TimeSpan? pause, TimeProvider time, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        TimeSpan? left = pause;
        while (!task.IsCompleted && !(left <= TimeSpan.Zero) && !cancellation.IsCancellationRequested)
        {
            await SleepAsync(task, left < LongestSleep ? Whole(left.Value) : LongestSleep, time, cancellation);
            left = pause - time.GetElapsedTime(began);
        }
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

    // Timers leave fractions away, and the rest would be waited for without sleep.
    private static TimeSpan Whole(TimeSpan pause) => TimeSpan.FromMilliseconds(Math.Ceiling(pause.TotalMilliseconds));

    private static async Task SleepAsync(Task task, TimeSpan pause, TimeProvider time, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var timer = Task.Delay(pause, time, over.Token);
        await Task.WhenAny(task, timer);
        await over.CancelAsync();
        await timer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
