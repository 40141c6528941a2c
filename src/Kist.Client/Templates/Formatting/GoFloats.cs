using System.Globalization;
using System.Text;

namespace Kist.Client.Templates.Formatting;

/// <summary>Writes fractions as Go does: the shortest digits that give the number again, or as many as asked for, halves rounded to even.</summary>
internal static class GoFloats
{
    // Halves end within these digits behind the place that is rounded, if the number is not tiny.
    private const int Exact = 60;

    /// <summary>As <c>%v</c> and <c>%g</c>.</summary>
    public static string Shortest(double value)
    {
        if (Special(value) is { } special)
            return special;
        var (digits, exponent) = Digits(value);
        return Sign(value) + Layout(digits, exponent, exponent < -4 || exponent >= 6);
    }

    /// <summary>As <c>%g</c> with a precision.</summary>
    public static string General(double value, int precision)
    {
        if (Special(value) is { } special)
            return special;
        precision = Math.Max(precision, 1);
        var (digits, exponent) = Rounded(value, precision);
        digits = digits.TrimEnd('0');
        return Sign(value) + Layout(digits.Length == 0 ? "0" : digits, exponent, exponent < -4 || exponent >= precision);
    }

    /// <summary>As <c>%e</c>; the shortest digits without a precision.</summary>
    public static string Exponent(double value, int? precision)
    {
        if (Special(value) is { } special)
            return special;
        var (digits, exponent) = precision is { } wanted ? Rounded(value, wanted + 1) : Digits(value);
        return Sign(value) + WithExponent(digits, exponent);
    }

    /// <summary>As <c>%f</c>; the shortest digits without a precision.</summary>
    public static string Fixed(double value, int? precision)
    {
        if (Special(value) is { } special)
            return special;
        if (precision is not { } wanted)
        {
            var (digits, exponent) = Digits(value);
            return Sign(value) + Layout(digits, exponent, isExponential: false);
        }
        var exact = Math.Abs(value).ToString("F" + (wanted + Exact).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var point = exact.IndexOf('.', StringComparison.Ordinal);
        var all = exact.Remove(point, 1);
        var rounded = Round(all, point + wanted, out var carried);
        var whole = point + (carried ? 1 : 0);
        return Sign(value) + (wanted == 0 ? rounded[..whole] : $"{rounded[..whole]}.{rounded[whole..]}");
    }

    private static string? Special(double value) => value switch
    {
        double.NaN => "NaN",
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => null,
    };

    private static string Sign(double value) => double.IsNegative(value) ? "-" : "";

    /// <summary>The shortest digits, the first of which is before the point, and the power of ten.</summary>
    private static (string Digits, int Exponent) Digits(double value)
    {
        // The base library's shortest form, in either of its notations.
        var text = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var e = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = e < 0 ? text : text[..e];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        exponent += (point < 0 ? mantissa.Length : point) - 1;
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        var leading = digits.Length - digits.TrimStart('0').Length;
        digits = digits.Trim('0');
        return digits.Length == 0 ? ("0", 0) : (digits, exponent - leading);
    }

    private static (string Digits, int Exponent) Rounded(double value, int count)
    {
        var exact = Math.Abs(value).ToString("E" + (count + Exact).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var e = exact.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(exact.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var digits = Round(exact[..e].Remove(1, 1), count, out var carried);
        return carried ? (digits[..count], exponent + 1) : (digits, exponent);
    }

    /// <summary>The first digits, rounded; with one more in front when that carries over all of them.</summary>
    private static string Round(string digits, int count, out bool carried)
    {
        var kept = digits[..count].ToCharArray();
        var rest = digits.AsSpan(count);
        var isHalf = rest[0] == '5' && !rest[1..].ContainsAnyExcept('0');
        carried = isHalf ? count > 0 && (kept[^1] - '0') % 2 == 1 : rest[0] >= '5';
        for (var i = count - 1; carried && i >= 0; i--)
        {
            carried = kept[i] == '9';
            kept[i] = carried ? '0' : (char)(kept[i] + 1);
        }
        var text = new string(kept);
        return carried ? "1" + text : text;
    }

    private static string Layout(string digits, int exponent, bool isExponential)
    {
        if (isExponential)
            return WithExponent(digits, exponent);
        if (exponent < 0)
            return "0." + new string('0', -exponent - 1) + digits;
        return digits.Length <= exponent + 1 ? digits.PadRight(exponent + 1, '0') : $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    private static string WithExponent(string digits, int exponent)
    {
        var text = new StringBuilder(digits[..1]);
        if (digits.Length > 1)
            text.Append('.').Append(digits, 1, digits.Length - 1);
        return text.Append('e').Append(exponent < 0 ? '-' : '+').Append(Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)).ToString();
    }
}
