using System.Buffers;
using System.Globalization;
using System.Text;

namespace Kist.Wire;

/// <summary>
/// Durations as Vault's API and configuration write them: Go's format (<c>1h30m</c>), days as well (<c>1d</c>), and plain integers as seconds. The
/// range is Go's,
/// about 292 years; the resolution is 100 ns, finer parts are cut off.
/// </summary>
public static class GoDuration
{
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;

    // Go counts nanoseconds in 64 bits.
    private const decimal MostTicks = long.MaxValue / 100m;

    private static readonly SearchValues<char> NumberParts = SearchValues.Create("0123456789.");

    /// <summary>Parses a duration; false when it is malformed, empty or out of range. A leading sign is accepted.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        var negative = text.StartsWith('-');
        if (negative || text.StartsWith('+'))
            text = text[1..];
        if (text.IsEmpty)
            return false;
        var ticks = 0m;
        var plain = text.IndexOfAnyExceptInRange('0', '9') < 0;
        while (!text.IsEmpty)
        {
            // Compared before it is multiplied: the product may exceed a decimal.
            if (!TakeNumber(ref text, out var number) || !TakeUnit(ref text, plain, out var unit) || number > MostTicks / unit)
                return false;
            ticks += number * unit;
            if (ticks > MostTicks)
                return false;
        }
        duration = TimeSpan.FromTicks((long)(negative ? -ticks : ticks));
        return true;
    }

    /// <summary>The form Go prints: <c>1h30m0s</c>, <c>1.5s</c>, <c>20ms</c>, <c>0s</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
            return "0s";
        // Ticks of the smallest TimeSpan have no positive counterpart in 64 bits.
        var ticks = Math.Abs((decimal)duration.Ticks);
        var sign = duration < TimeSpan.Zero ? "-" : "";
        if (ticks < TicksPerMicrosecond)
            return $"{sign}{Number(ticks * 100)}ns";
        if (ticks < TimeSpan.TicksPerMillisecond)
            return $"{sign}{Number(ticks / TicksPerMicrosecond)}µs";
        if (ticks < TimeSpan.TicksPerSecond)
            return $"{sign}{Number(ticks / TimeSpan.TicksPerMillisecond)}ms";
        var text = new StringBuilder(sign);
        var hours = decimal.Truncate(ticks / TimeSpan.TicksPerHour);
        var minutes = decimal.Truncate(ticks % TimeSpan.TicksPerHour / TimeSpan.TicksPerMinute);
        if (hours > 0)
            text.Append(Number(hours)).Append('h');
        if (hours > 0 || minutes > 0)
            text.Append(Number(minutes)).Append('m');
        return text.Append(Number(ticks % TimeSpan.TicksPerMinute / TimeSpan.TicksPerSecond)).Append('s').ToString();
    }

    private static string Number(decimal value) => value.ToString("0.#######", CultureInfo.InvariantCulture);

    private static bool TakeNumber(ref ReadOnlySpan<char> text, out decimal number)
    {
        var end = text.IndexOfAnyExcept(NumberParts);
        var digits = end < 0 ? text : text[..end];
        text = text[digits.Length..];
        // More than 20 digits are beyond every unit's range, or finer than it.
        number = 0;
        return digits.Length is > 0 and <= 20 && digits is not "."
            && decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }

    private static bool TakeUnit(ref ReadOnlySpan<char> text, bool plain, out decimal ticks)
    {
        var end = text.IndexOfAny(NumberParts);
        var unit = end < 0 ? text : text[..end];
        text = text[unit.Length..];
        ticks = unit switch
        {
            "" when plain => TimeSpan.TicksPerSecond,
            "ns" => 0.01m,
            "us" or "µs" or "μs" => TicksPerMicrosecond,
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            "d" => TimeSpan.TicksPerDay,
            _ => 0,
        };
        return ticks > 0;
    }
}
