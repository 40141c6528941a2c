using Kist.Kubernetes.Encryption.Rewrite;

namespace Kist.Kubernetes.Tests.Encryption.Rewrite;

public sealed class RewritePacerTests
{
    private readonly RecordedTime time = new();

    [Fact]
    public void Objects_are_let_through_evenly()
    {
        var pacer = new RewritePacer(10, time);
        Assert.True(pacer.WaitAsync(default).IsCompleted);
        Assert.False(pacer.WaitAsync(default).IsCompleted);
        Assert.False(pacer.WaitAsync(default).IsCompleted);
        Assert.Equal([100, 200], time.Waits);
    }

    [Fact]
    public void Whoever_comes_late_does_not_make_those_behind_it_hurry()
    {
        var pacer = new RewritePacer(10, time);
        Assert.True(pacer.WaitAsync(default).IsCompleted);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(pacer.WaitAsync(default).IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(30));
        Assert.False(pacer.WaitAsync(default).IsCompleted);
        Assert.Equal([70], time.Waits);
    }

    [Fact]
    public void Without_a_rate_nobody_waits()
    {
        var pacer = new RewritePacer(null, time);
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.True(pacer.WaitAsync(default).IsCompleted));
        Assert.Empty(time.Waits);
    }

    /// <summary>A FAKE of time that stands still; timers are noted, and never ring.</summary>
    private sealed class RecordedTime : TimeProvider
    {
        private TimeSpan now;

        /// <summary>How long each timer was to wait, in milliseconds.</summary>
        public List<double> Waits { get; } = [];

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => now += by;

        public override long GetTimestamp() => now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits.Add(dueTime.TotalMilliseconds);
            return new SilentTimer();
        }
    }

    private sealed class SilentTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
