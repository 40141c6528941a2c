using System.Globalization;
using System.Security;
using Kist.Core.Policies.Conditions;
using Kist.Wire.Hcl;

namespace Kist.Core.Policies.Parsing;

/// <summary>Reads <c>days</c>, <c>hours</c> and <c>time_zone</c> of conditions.</summary>
internal static class ScheduleParser
{
    // In the order of DayOfWeek.
    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <summary>The schedule, or null when none is given.</summary>
    public static Schedule? Parse(FieldReader fields, PolicyFaults faults)
    {
        var days = ReadDays(fields, faults);
        var hours = fields.Strings("hours").Select(text => ReadHours(text, faults)).OfType<HourRange>().ToList();
        var zone = ReadZone(fields, faults);
        if (fields.Find("days") is not null || fields.Find("hours") is not null)
            return new Schedule(days, hours, zone);
        if (fields.Find("time_zone") is { } item)
            faults.Add(item.Position, "\"time_zone\" needs \"days\" or \"hours\" beside it");
        return null;
    }

    private static HashSet<DayOfWeek> ReadDays(FieldReader fields, PolicyFaults faults)
    {
        if (fields.Find("days") is null)
            return [.. Enum.GetValues<DayOfWeek>()];
        var days = new HashSet<DayOfWeek>();
        foreach (var text in fields.Strings("days"))
        {
            var ends = text.Text.Split('-');
            var first = ReadDay(ends[0]);
            var last = ReadDay(ends[^1]);
            if (ends.Length > 2 || first < 0 || last < 0)
            {
                faults.Add(text.Position, $"unknown day \"{text.Text}\" (use mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri)");
                continue;
            }
            for (var day = first; day != last; day = (day + 1) % DayNames.Length)
                days.Add((DayOfWeek)day);
            days.Add((DayOfWeek)last);
        }
        return days;
    }

    private static int ReadDay(string name) => Array.IndexOf(DayNames, name);

    private static HourRange? ReadHours(HclString text, PolicyFaults faults)
    {
        var ends = text.Text.Split('-');
        if (ends.Length == 2 && ReadTime(ends[0]) is { } from && ReadTime(ends[1]) is { } to && from != to && from < TimeSpan.FromDays(1))
            return new HourRange(from, to);
        faults.Add(text.Position, $"\"{text.Text}\" is not a range of hours such as \"08:00-18:00\", or \"22:00-06:00\" across midnight");
        return null;
    }

    private static TimeSpan? ReadTime(string text)
    {
        if (text == "24:00")
            return TimeSpan.FromDays(1);
        return TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time.ToTimeSpan() : null;
    }

    private static TimeZoneInfo ReadZone(FieldReader fields, PolicyFaults faults)
    {
        if (fields.String("time_zone") is not { } text)
            return TimeZoneInfo.Utc;
        try
        {
            if (IsZoneName(text.Text))
                return TimeZoneInfo.FindSystemTimeZoneById(text.Text);
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException or SecurityException
            or IOException or UnauthorizedAccessException)
        {
            // Reported below.
        }
        faults.Add(text.Position, $"unknown time zone \"{text.Text}\" (use a name such as \"Europe/Berlin\"; the server needs the package tzdata)");
        return TimeZoneInfo.Utc;
    }

    // The name becomes part of a file's path.
    private static bool IsZoneName(string text) =>
        text.Length is > 0 and <= 64 && !text.StartsWith('/') && !text.Contains("..", StringComparison.Ordinal)
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '+' or '-');
}
