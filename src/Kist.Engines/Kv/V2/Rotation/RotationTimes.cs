using Kist.Engines.Kv.V2.Rotation.Stored;
using Kist.Wire.Cron;

namespace Kist.Engines.Kv.V2.Rotation;

/// <summary>When a rotation is due.</summary>
internal static class RotationTimes
{
    /// <summary>The shortest period and window. The leader looks twice a minute.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMinutes(1);

    /// <summary>The longest duration of a rule.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromDays(36_500);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    /// <summary>The first rotation after <paramref name="now"/>; null when there is none.</summary>
    public static DateTimeOffset? Next(RotationRecord rule, DateTimeOffset now)
    {
        if (rule.Schedule is not { } text)
            return now + rule.Period;
        return CronSchedule.TryParse(text, out var schedule, out _) ? schedule.Next(now) : null;
    }

    /// <summary>True when its time has come and its window is over: the server was down, and the next time counts.</summary>
    public static bool IsMissed(RotationRecord rule, DateTimeOffset now) =>
        rule.Window > TimeSpan.Zero && rule.NextRotation is { } due && now > due + rule.Window;

    /// <summary>The pause after so many failures: doubled each time, from half a minute to an hour.</summary>
    public static TimeSpan Pause(int attempts)
    {
        var doubled = FirstPause * Math.Pow(2, Math.Clamp(attempts - 1, 0, 10));
        return doubled < LongestPause ? doubled : LongestPause;
    }

    /// <summary>The rule with the time at which somebody must look at it, when nothing has failed and nobody is at it.</summary>
    public static RotationRecord AtRest(RotationRecord rule) => rule with
    {
        ClaimedUntil = null,
        Attempts = 0,
        LastError = null,
        Due = rule.GraceEnd is { } end && (rule.NextRotation is not { } next || end < next) ? end : rule.NextRotation,
    };
}
