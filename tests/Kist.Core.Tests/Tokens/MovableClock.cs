namespace Kist.Core.Tests.Tokens;

/// <summary>A clock whose wall and monotonic time stand until they are moved, together or the wall alone.</summary>
public sealed class MovableClock : TimeProvider
{
    private DateTimeOffset wall = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private long monotonic = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => wall;

    public override long GetTimestamp() => monotonic;

    public void Advance(TimeSpan time)
    {
        wall += time;
        monotonic += time.Ticks;
    }

    /// <summary>As a bad answer of a time server does.</summary>
    public void JumpWall(TimeSpan time) => wall += time;
}
