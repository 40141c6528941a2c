namespace Kist.Hosting.Agent.Local.Cache;

/// <summary>The cache's times: those of a clock that nobody sets, as a lease lasts as long whatever the time of day is said to be.</summary>
internal static class Uptime
{
    /// <summary>How long the clock has gone, from a start that stays the same.</summary>
    public static TimeSpan Of(TimeProvider time) => time.GetElapsedTime(0);
}
