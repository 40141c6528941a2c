namespace Kist.Client;

/// <summary>
/// Moments by a clock that nobody sets: <see cref="TimeProvider.GetTimestamp"/>. What is due, or ends, after a while is reckoned so; the time of day is
/// for what names one, such as a certificate.
/// </summary>
public static class Timestamps
{
    // More would not fit into a number.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    /// <summary>The moment after a pause.</summary>
    public static long After(this TimeProvider time, TimeSpan pause)
    {
        var bounded = pause < Longest ? pause : Longest;
        return time.GetTimestamp() + (long)(bounded.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>The time until a moment; negative when it is over.</summary>
    public static TimeSpan Until(this TimeProvider time, long moment) => -time.GetElapsedTime(moment);
}
