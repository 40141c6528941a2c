using System.Globalization;
using System.Text;

namespace Kist.Client.Templates.Functions;

/// <summary>Formats a time in UTC by Go's layouts, which write the reference time: Mon Jan 2 15:04:05 MST 2006.</summary>
internal static class GoTime
{
    public const string Rfc3339 = "2006-01-02T15:04:05Z07:00";

    // Longer ones before those that they start with.
    private static readonly (string Mark, Func<DateTimeOffset, string> Write)[] Marks =
    [
        ("January", t => t.ToString("MMMM", CultureInfo.InvariantCulture)),
        ("Jan", t => t.ToString("MMM", CultureInfo.InvariantCulture)),
        ("Monday", t => t.ToString("dddd", CultureInfo.InvariantCulture)),
        ("Mon", t => t.ToString("ddd", CultureInfo.InvariantCulture)),
        ("MST", _ => "UTC"),
        ("2006", t => t.ToString("yyyy", CultureInfo.InvariantCulture)),
        ("002", t => t.DayOfYear.ToString("000", CultureInfo.InvariantCulture)),
        ("01", t => t.ToString("MM", CultureInfo.InvariantCulture)),
        ("02", t => t.ToString("dd", CultureInfo.InvariantCulture)),
        ("03", t => t.ToString("hh", CultureInfo.InvariantCulture)),
        ("04", t => t.ToString("mm", CultureInfo.InvariantCulture)),
        ("05", t => t.ToString("ss", CultureInfo.InvariantCulture)),
        ("06", t => t.ToString("yy", CultureInfo.InvariantCulture)),
        ("15", t => t.ToString("HH", CultureInfo.InvariantCulture)),
        ("_2006", t => "_" + t.ToString("yyyy", CultureInfo.InvariantCulture)),
        ("__2", t => t.DayOfYear.ToString(CultureInfo.InvariantCulture).PadLeft(3)),
        ("_2", t => t.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2)),
        ("PM", t => t.Hour < 12 ? "AM" : "PM"),
        ("pm", t => t.Hour < 12 ? "am" : "pm"),
        ("-07:00:00", _ => "+00:00:00"),
        ("-07:00", _ => "+00:00"),
        ("-070000", _ => "+000000"),
        ("-0700", _ => "+0000"),
        ("-07", _ => "+00"),
        ("Z07:00:00", _ => "Z"),
        ("Z07:00", _ => "Z"),
        ("Z070000", _ => "Z"),
        ("Z0700", _ => "Z"),
        ("Z07", _ => "Z"),
        ("1", t => t.Month.ToString(CultureInfo.InvariantCulture)),
        ("2", t => t.Day.ToString(CultureInfo.InvariantCulture)),
        ("3", t => ((t.Hour + 11) % 12 + 1).ToString(CultureInfo.InvariantCulture)),
        ("4", t => t.Minute.ToString(CultureInfo.InvariantCulture)),
        ("5", t => t.Second.ToString(CultureInfo.InvariantCulture)),
    ];

    public static string Format(DateTimeOffset time, string layout)
    {
        var text = new StringBuilder();
        var rest = layout.AsSpan();
        while (!rest.IsEmpty)
        {
            var taken = Fraction(time, rest, text);
            if (taken == 0)
                taken = Mark(time, rest, text);
            if (taken == 0)
            {
                text.Append(rest[0]);
                taken = 1;
            }
            rest = rest[taken..];
        }
        return text.ToString();
    }

    private static int Mark(DateTimeOffset time, ReadOnlySpan<char> rest, StringBuilder text)
    {
        foreach (var (mark, write) in Marks)
        {
            if (!rest.StartsWith(mark, StringComparison.Ordinal) || (mark == "Jan" && IsLower(rest, 3)) || (mark == "Mon" && IsLower(rest, 3)))
                continue;
            text.Append(write(time));
            return mark.Length;
        }
        return 0;
    }

    private static bool IsLower(ReadOnlySpan<char> rest, int index) => index < rest.Length && char.IsAsciiLetterLower(rest[index]);

    /// <summary>A point or comma with zeros (digits of a second) or nines (the same without zeros at the end), and no digit behind.</summary>
    private static int Fraction(DateTimeOffset time, ReadOnlySpan<char> rest, StringBuilder text)
    {
        if (rest.Length < 2 || rest[0] is not ('.' or ',') || rest[1] is not ('0' or '9'))
            return 0;
        var digit = rest[1];
        var count = 1;
        while (count < rest.Length - 1 && rest[count + 1] == digit)
            count++;
        if (count > 9 || (count + 1 < rest.Length && char.IsAsciiDigit(rest[count + 1])))
            return 0;
        var nanoseconds = time.Ticks % TimeSpan.TicksPerSecond * 100;
        var digits = nanoseconds.ToString("000000000", CultureInfo.InvariantCulture)[..count];
        digits = digit == '9' ? digits.TrimEnd('0') : digits;
        if (digits.Length > 0)
            text.Append(rest[0]).Append(digits);
        return count + 1;
    }
}
