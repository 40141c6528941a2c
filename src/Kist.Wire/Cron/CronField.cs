using System.Globalization;
using System.Numerics;

namespace Kist.Wire.Cron;

/// <summary>One of the five fields: which numbers it takes, what they may be called, and how its text becomes a set of them.</summary>
internal sealed record CronField(string Name, int Least, int Most, IReadOnlyList<string> Names)
{
    // Longer lists than all values of the largest field are none that a person wrote.
    private const int MostParts = 64;

    public static readonly CronField Minute = new("minute", 0, 59, []);

    public static readonly CronField Hour = new("hour", 0, 23, []);

    public static readonly CronField Day = new("day of the month", 1, 31, []);

    public static readonly CronField Month = new(
        "month", 1, 12, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]);

    // 7 is Sunday too, which may end a range so.
    public static readonly CronField Weekday = new("day of the week", 0, 7, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]);

    /// <summary>The values as bits, or a fault.</summary>
    public ulong Parse(ReadOnlySpan<char> text, out string? error)
    {
        error = null;
        var values = 0UL;
        if (text.Count(',') >= MostParts)
        {
            error = $"the {Name} lists more than {MostParts} parts";
            return 0;
        }
        foreach (var part in text.Split(','))
        {
            values |= Part(text[part], out error);
            if (error is not null)
                return 0;
        }
        return this == Weekday ? (values | values >> 7) & 0x7f : values;
    }

    private ulong Part(ReadOnlySpan<char> part, out string? error)
    {
        var slash = part.IndexOf('/');
        var range = slash < 0 ? part : part[..slash];
        var step = 1;
        if (slash >= 0 && (!TryDigits(part[(slash + 1)..], out step) || step == 0 || step > Most))
        {
            error = $"the step of the {Name} must be a number from 1 to {Most}";
            return 0;
        }
        var dash = range.IndexOf('-');
        int first, last;
        if (range is "*")
            (first, last) = (Least, this == Weekday ? 6 : Most);
        else if (!TryValue(dash < 0 ? range : range[..dash], out first) || !TryValue(dash < 0 ? range : range[(dash + 1)..], out last))
        {
            var names = Names.Count > 0 ? $" or names such as {Names[1]}" : "";
            error = $"the {Name} must be made of numbers from {Least} to {Most}{names}, *, ranges and steps";
            return 0;
        }
        else if (dash < 0 && slash >= 0)
            // 5/15 is 5-59/15.
            last = this == Weekday ? 6 : Most;
        else if (this == Weekday && last == 0 && dash > 0)
            last = first == 0 ? 0 : 7;
        error = last < first ? $"a range of the {Name} ends before it begins" : null;
        var values = 0UL;
        for (var value = first; value <= last; value += step)
            values |= 1UL << value;
        return values;
    }

    private bool TryValue(ReadOnlySpan<char> text, out int value)
    {
        for (var i = 0; i < Names.Count; i++)
        {
            if (!text.Equals(Names[i], StringComparison.OrdinalIgnoreCase))
                continue;
            value = Least + i;
            return true;
        }
        return TryDigits(text, out value) && value >= Least && value <= Most;
    }

    private static bool TryDigits(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        return text.Length is 1 or 2 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>The least member of a set that is at least <paramref name="from"/>, or -1.</summary>
    public static int NextIn(ulong values, int from)
    {
        var rest = from > 63 ? 0 : values >> from << from;
        return rest == 0 ? -1 : BitOperations.TrailingZeroCount(rest);
    }
}
