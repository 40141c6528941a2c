using System.Diagnostics.CodeAnalysis;

namespace Kist.Wire.Cron;

/// <summary>
/// A schedule in the five fields of crontab(5): minute, hour, day of the month, month, day of the week, in UTC. Fields hold numbers, names
/// (<c>JAN</c>,
/// <c>MON</c>), <c>*</c>, ranges (<c>1-5</c>), steps (<c>*/15</c>) and lists of these. When neither day field begins with <c>*</c>, a day of either
/// counts; else it must be a day of both. <c>@yearly</c>, <c>@annually</c>, <c>@monthly</c>, <c>@weekly</c>, <c>@daily</c>, <c>@midnight</c> and
/// <c>@hourly</c> stand for whole schedules.
/// </summary>
public sealed class CronSchedule
{
    /// <summary>Longest text, in characters.</summary>
    public const int MaxLength = 256;

    // From one 29 February to the next there are at most eight years (around 1900 and 2100); that it is a given day of the week too, at most forty.
    private const int MostYears = 40;

    private readonly string text;
    private readonly ulong minutes;
    private readonly ulong hours;
    private readonly ulong days;
    private readonly ulong months;
    private readonly ulong weekdays;
    private readonly bool eitherDay;

    private CronSchedule(string text, ulong[] fields, bool eitherDay)
    {
        this.text = text;
        (minutes, hours, days, months, weekdays) = (fields[0], fields[1], fields[2], fields[3], fields[4]);
        this.eitherDay = eitherDay;
    }

    /// <summary>Reads a schedule.</summary>
    /// <param name="text">At most <see cref="MaxLength"/> characters; spaces around it and between the fields do not matter.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="error">What is wrong, beginning in lower case; also that the schedule names a day that no month has, such as 30 February.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out CronSchedule? schedule, [NotNullWhen(false)] out string? error)
    {
        schedule = null;
        if (text.Length > MaxLength)
        {
            error = $"a schedule has at most {MaxLength} characters";
            return false;
        }
        var words = (Alias(text.Trim()) ?? text).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 5)
        {
            error = words is [['@', ..], ..]
                ? "the schedule has an unknown name; use @yearly, @monthly, @weekly, @daily or @hourly"
                : $"a schedule has five fields (minute, hour, day of the month, month, day of the week), not {words.Length}";
            return false;
        }
        CronField[] fields = [CronField.Minute, CronField.Hour, CronField.Day, CronField.Month, CronField.Weekday];
        var values = new ulong[fields.Length];
        error = null;
        for (var i = 0; i < fields.Length && error is null; i++)
            values[i] = fields[i].Parse(words[i], out error);
        if (error is not null)
            return false;
        var made = new CronSchedule(text.Trim(), values, eitherDay: words[2][0] != '*' && words[4][0] != '*');
        if (!made.HasDay())
        {
            error = "none of the months has such a day";
            return false;
        }
        schedule = made;
        return true;
    }

    /// <summary>
    /// The first minute after <paramref name="after"/> that the schedule names, in UTC; null when there is none before the year 10000.
    /// </summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        var now = after.UtcDateTime;
        if (now.Ticks > DateTime.MaxValue.Ticks - TimeSpan.TicksPerMinute)
            return null;
        var start = new DateTime(now.Ticks - now.Ticks % TimeSpan.TicksPerMinute, DateTimeKind.Utc).AddMinutes(1);
        var lastYear = Math.Min(start.Year + MostYears, DateTime.MaxValue.Year);
        for (var (year, month, day) = (start.Year, start.Month, start.Day); year <= lastYear; (year, month, day) = After(year, month))
        {
            if ((months >> month & 1) == 0)
                continue;
            for (; day <= DateTime.DaysInMonth(year, month); day++)
            {
                var date = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc);
                if (NamesDay(date) && TimeOfDay(date == start.Date ? start.TimeOfDay : TimeSpan.Zero) is { } time)
                    return new DateTimeOffset(date + time);
            }
        }
        return null;
    }

    /// <summary>Whether the schedule names the minute in which <paramref name="moment"/> lies, in UTC.</summary>
    public bool Matches(DateTimeOffset moment)
    {
        var utc = moment.UtcDateTime;
        return (minutes >> utc.Minute & 1) != 0 && (hours >> utc.Hour & 1) != 0 && (months >> utc.Month & 1) != 0 && NamesDay(utc);
    }

    /// <summary>The text that was read.</summary>
    public override string ToString() => text;

    private static string? Alias(string text) => text.ToLowerInvariant() switch
    {
        "@yearly" or "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" or "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => null,
    };

    private static (int Year, int Month, int Day) After(int year, int month) => month == 12 ? (year + 1, 1, 1) : (year, month + 1, 1);

    private bool NamesDay(DateTime date)
    {
        var ofMonth = (days >> date.Day & 1) != 0;
        var ofWeek = (weekdays >> (int)date.DayOfWeek & 1) != 0;
        return eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
    }

    // The first time of a day that is not before this one.
    private TimeSpan? TimeOfDay(TimeSpan from)
    {
        var hour = CronField.NextIn(hours, from.Hours);
        var minute = hour == from.Hours ? CronField.NextIn(minutes, from.Minutes) : -1;
        if (hour == from.Hours && minute < 0)
            hour = CronField.NextIn(hours, from.Hours + 1);
        if (hour < 0)
            return null;
        return new TimeSpan(hour, minute < 0 ? CronField.NextIn(minutes, 0) : minute, 0);
    }

    // With a day of the week to fall back on, or in a leap year.
    private bool HasDay()
    {
        if (eitherDay)
            return true;
        for (var month = 1; month <= 12; month++)
        {
            if ((months >> month & 1) != 0 && CronField.NextIn(days, 1) <= DateTime.DaysInMonth(2024, month))
                return true;
        }
        return false;
    }
}
