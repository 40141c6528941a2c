namespace Kist.Core.Tests;

/// <summary>A clock that goes only when told to, with its timers.</summary>
public sealed class ManualClock : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private long ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Goes on, and fires the timers that are due in the order of their times.</summary>
    public void Advance(TimeSpan by)
    {
        var end = Interlocked.Read(ref ticks) + by.Ticks;
        while (NextDue(end) is { } timer)
            timer.Fire();
        _ = Interlocked.Exchange(ref ticks, end);
    }

    /// <summary>Goes on without firing timers, as a machine does that is suspended.</summary>
    public void Suspend(TimeSpan duration) => Interlocked.Add(ref ticks, duration.Ticks);

    public override long GetTimestamp() => Interlocked.Read(ref ticks);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(56).AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        _ = timer.Change(dueTime, period);
        return timer;
    }

    private ManualTimer? NextDue(long end)
    {
        lock (gate)
        {
            var next = timers.Where(t => t.Due <= end).MinBy(t => t.Due);
            if (next is null)
                return null;
            ticks = Math.Max(ticks, next.Due);
            _ = timers.Remove(next);
            return next;
        }
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan every;

        public long Due { get; private set; }

        public void Fire()
        {
            if (every > TimeSpan.Zero)
                _ = Change(every, every);
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                every = period;
                _ = clock.timers.Remove(this);
                if (dueTime >= TimeSpan.Zero)
                {
                    Due = clock.ticks + dueTime.Ticks;
                    clock.timers.Add(this);
                }
            }
            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
