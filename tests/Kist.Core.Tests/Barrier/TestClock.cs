namespace Kist.Core.Tests.Barrier;

/// <summary>A clock that stands until it is moved. Timers are the system's.</summary>
public sealed class TestClock : TimeProvider
{
    private DateTimeOffset now = new(2025, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => now;

    public void Advance(TimeSpan span) => now += span;
}
