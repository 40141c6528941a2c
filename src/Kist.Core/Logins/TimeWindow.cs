using System.Globalization;

namespace Kist.Core.Logins;

/// <summary>Hours of days of the week, in UTC. One that ends before it begins ends on the next day, and belongs to the day on which it begins.</summary>
internal readonly record struct TimeWindow
{
    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    // In minutes; the end is not part of it, and 24:00 is the end of a day.
    private readonly int start;
    private readonly int end;
    private readonly bool[]? days;

    private TimeWindow(bool[] days, int start, int end)
    {
        this.days = days;
        this.start = start;
        this.end = end;
    }

    /// <summary>Reads <c>08:00-18:00</c>, <c>Sat 10:00-12:00</c> or <c>Mon-Fri 22:00-06:00</c>.</summary>
    public static bool TryParse(string text, out TimeWindow window)
    {
        window = default;
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is 0 or > 2)
            return false;
        var on = parts.Length == 1 ? [true, true, true, true, true, true, true] : DaysOf(parts[0]);
        var hours = parts[^1].Split('-');
        if (on is null || hours.Length != 2 || MinuteOf(hours[0]) is not { } start || MinuteOf(hours[1]) is not { } end || start == end || start == 24 * 60)
            return false;
        window = new TimeWindow(on, start, end);
        return true;
    }

    /// <summary>Whether a time lies in it.</summary>
    public bool Contains(DateTimeOffset time)
    {
        if (days is null)
            return false;
        var utc = time.UtcDateTime;
        var (today, minute) = ((int)utc.DayOfWeek, (utc.Hour * 60) + utc.Minute);
        if (start < end)
            return days[today] && minute >= start && minute < end;
        return (days[today] && minute >= start) || (days[(today + 6) % 7] && minute < end);
    }

    private static bool[]? DaysOf(string text)
    {
        var ends = text.Split('-');
        if (ends.Length > 2)
            return null;
        var (first, last) = (DayOf(ends[0]), DayOf(ends[^1]));
        if (first < 0 || last < 0)
            return null;
        var on = new bool[7];
        for (var i = 0; i <= (last - first + 7) % 7; i++)
            on[(first + i) % 7] = true;
        return on;
    }

    private static int DayOf(string name) => Array.IndexOf(DayNames, name.ToLowerInvariant());

    private static int? MinuteOf(string text)
    {
        if (text is "24:00")
            return 24 * 60;
        return TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? (time.Hour * 60) + time.Minute : null;
    }
}
