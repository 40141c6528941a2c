using System.Globalization;

namespace Kist.Wire.Grpc;

/// <summary>The value of <c>grpc-timeout</c>: at most eight digits and a unit.</summary>
internal static class GrpcTimeout
{
    private const long MostDigits = 99_999_999;

    // 99,999,999 hours are more ticks than fit: whoever allows so much sets no bound.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    // Timers count milliseconds in 32 bits.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(45);

    private static readonly (char Unit, long Ticks)[] Units =
    [
        ('u', TimeSpan.TicksPerMicrosecond), ('m', TimeSpan.TicksPerMillisecond), ('S', TimeSpan.TicksPerSecond),
        ('M', TimeSpan.TicksPerMinute), ('H', TimeSpan.TicksPerHour),
    ];

    /// <summary>Cancels when the time is up; never without a time, or with more than a timer can measure.</summary>
    public static CancellationTokenSource Timer(TimeSpan? timeout, TimeProvider time) => timeout switch
    {
        null => new CancellationTokenSource(),
        { } over when over <= TimeSpan.Zero => new CancellationTokenSource(TimeSpan.Zero, time),
        { } late when late > LongestTimer => new CancellationTokenSource(),
        { } measured => new CancellationTokenSource(measured, time),
    };

    /// <summary>In the finest unit that has the digits, rounded up; never zero, which some servers take for no bound.</summary>
    public static string Format(TimeSpan timeout)
    {
        var ticks = Math.Clamp(timeout.Ticks, 1, Longest.Ticks);
        foreach (var (unit, length) in Units)
        {
            var amount = (ticks + length - 1) / length;
            if (amount <= MostDigits)
                return amount.ToString(CultureInfo.InvariantCulture) + unit;
        }
        throw new InvalidOperationException("hours have the digits for every duration");
    }

    /// <summary>Reads the header; false when it is malformed.</summary>
    public static bool TryParse(string text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > 9 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
            return false;
        if (text[^1] == 'n')
            amount = (amount + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick;
        else if (Array.Find(Units, u => u.Unit == text[^1]) is { Ticks: > 0 } known)
            amount *= known.Ticks;
        else
            return false;
        timeout = TimeSpan.FromTicks(Math.Min(amount, Longest.Ticks));
        return true;
    }
}
