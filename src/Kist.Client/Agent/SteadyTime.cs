namespace Kist.Client.Agent;

/// <summary>
/// The time at the start, which goes on evenly from there: whoever sets the clock moves nothing that is due. What others tell by the clock, such as
/// the end of a certificate, is to be compared with the <see cref="Wall"/>.
/// </summary>
internal sealed class SteadyTime : TimeProvider
{
    private readonly TimeProvider clock;
    private readonly DateTimeOffset start;
    private readonly long began;

    /// <summary>Goes as the timestamps of a clock do: they decide whether a suspended machine's time counts.</summary>
    public SteadyTime(TimeProvider clock)
    {
        this.clock = clock;
        start = clock.GetUtcNow();
        began = clock.GetTimestamp();
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => clock.TimestampFrequency;

    /// <summary>The clock behind a time that may be steady: it tells what others would say that the time is.</summary>
    public static TimeProvider Wall(TimeProvider time) => time is SteadyTime steady ? steady.clock : time;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => start + clock.GetElapsedTime(began);

    /// <inheritdoc/>
    public override long GetTimestamp() => clock.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime, period);
}
