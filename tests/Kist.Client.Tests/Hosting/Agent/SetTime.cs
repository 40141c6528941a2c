namespace Kist.Client.Tests.Hosting.Agent;

/// <summary>A clock that the test sets; what waits for it waits in real time.</summary>
internal sealed class SetTime : TimeProvider
{
    private DateTimeOffset now = new(2026, 11, 27, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan passed = TimeSpan.FromHours(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => passed.Ticks;

    public override DateTimeOffset GetUtcNow() => now;

    public void Pass(TimeSpan span)
    {
        now += span;
        passed += span;
    }

    /// <summary>Somebody sets the time of day.</summary>
    public void SetBy(TimeSpan span) => now += span;
}
