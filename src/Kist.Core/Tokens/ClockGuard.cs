namespace Kist.Core.Tokens;

/// <summary>
/// Compares the wall clock with the monotonic one. When they part by more than <see cref="Tolerance"/> between two looks, the wall clock jumped: what
/// ends by it pauses, so that one bad time answer does not revoke everything. A jump back ends the pause; a new time that holds for
/// <see cref="Patience"/> is believed.
/// </summary>
public sealed class ClockGuard(TimeProvider clock)
{
    /// <summary>The largest step that counts as ordinary correction.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>How long a new time must hold.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private readonly Lock gate = new();
    private Moment trusted = new(clock.GetUtcNow(), clock.GetTimestamp());
    private Moment? jumped;

    /// <summary>Monotonic: when the pause began, or null.</summary>
    public TimeSpan? PausedFor
    {
        get
        {
            lock (gate)
                return jumped is { } since ? clock.GetElapsedTime(since.Timestamp) : null;
        }
    }

    /// <summary>Looks at both clocks; false while the wall clock is not to be believed.</summary>
    public bool IsSteady()
    {
        lock (gate)
        {
            var now = new Moment(clock.GetUtcNow(), clock.GetTimestamp());
            if (Agree(trusted, now) || (jumped is { } since && Agree(since, now) && clock.GetElapsedTime(since.Timestamp) >= Patience))
            {
                trusted = now;
                jumped = null;
                return true;
            }
            if (jumped is not { } earlier || !Agree(earlier, now))
                jumped = now;
            return false;
        }
    }

    private bool Agree(Moment earlier, Moment later) =>
        (later.Wall - earlier.Wall - clock.GetElapsedTime(earlier.Timestamp, later.Timestamp)).Duration() <= Tolerance;

    private sealed record Moment(DateTimeOffset Wall, long Timestamp);
}
