namespace Kist.Core.Tests.Audit;

/// <summary>A clock whose time and timers stand until it is moved.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<ManualTimer> timers = [];
    private DateTimeOffset now = new(2025, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (timers)
            return now;
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        lock (timers)
            timers.Add(timer);
        return timer;
    }

    public void Advance(TimeSpan span)
    {
        List<ManualTimer> due;
        lock (timers)
        {
            now += span;
            due = [.. timers.Where(t => t.TakeDue(now))];
        }
        foreach (var timer in due)
            timer.Run();
    }

    private sealed class ManualTimer(ManualTime clock, Action run) : ITimer
    {
        private DateTimeOffset? due;
        private TimeSpan every;

        public Action Run { get; } = run;

        public bool TakeDue(DateTimeOffset at)
        {
            if (due is null || at < due)
                return false;
            due = every > TimeSpan.Zero ? at + every : null;
            return true;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            due = dueTime == Timeout.InfiniteTimeSpan ? null : clock.GetUtcNow() + dueTime;
            every = period;
            return true;
        }

        public void Dispose()
        {
            lock (clock.timers)
                clock.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
