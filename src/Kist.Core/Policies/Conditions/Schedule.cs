namespace Kist.Core.Policies.Conditions;

/// <summary>
/// Days and hours by the wall clock of a time zone. A window that ends before it starts crosses midnight and belongs to the day on which it starts.
/// When clocks go
/// forward the skipped hour never comes; when they go back the repeated one counts both times.
/// </summary>
/// <param name="Days">By <see cref="DayOfWeek"/>; all seven when none were given.</param>
/// <param name="Hours">Empty for the whole day.</param>
/// <param name="Zone">The time zone.</param>
internal sealed record Schedule(IReadOnlySet<DayOfWeek> Days, IReadOnlyList<HourRange> Hours, TimeZoneInfo Zone)
{
    public bool Includes(DateTimeOffset moment)
    {
        var local = TimeZoneInfo.ConvertTime(moment, Zone);
        var today = Days.Contains(local.DayOfWeek);
        if (Hours.Count == 0)
            return today;
        var yesterday = Days.Contains((DayOfWeek)(((int)local.DayOfWeek + 6) % 7));
        foreach (var range in Hours)
        {
            if ((today && range.IncludesOnItsDay(local.TimeOfDay)) || (yesterday && range.IncludesOnTheNextDay(local.TimeOfDay)))
                return true;
        }
        return false;
    }
}

/// <summary>
/// A part of a day, from <paramref name="From"/> up to but not including <paramref name="To"/>; across midnight when <paramref name="To"/> is
/// smaller.
/// </summary>
/// <param name="From">Since midnight, less than 24 hours.</param>
/// <param name="To">Since midnight, at most 24 hours; never equal to <paramref name="From"/>.</param>
internal sealed record HourRange(TimeSpan From, TimeSpan To)
{
    private bool CrossesMidnight => To < From;

    public bool IncludesOnItsDay(TimeSpan time) => time >= From && (CrossesMidnight || time < To);

    public bool IncludesOnTheNextDay(TimeSpan time) => CrossesMidnight && time < To;
}
