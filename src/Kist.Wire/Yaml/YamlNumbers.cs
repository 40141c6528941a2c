using System.Globalization;

namespace Kist.Wire.Yaml;

/// <summary>
/// Numbers as yaml.v2 reads them: integers of 64 bits in four bases, a leading zero for octal; else a fraction that a double holds; underscores
/// anywhere. What is neither is text, as <c>1e999</c> is.
/// </summary>
internal static class YamlNumbers
{
    // Two to the 63rd.
    private const double LeastBeyond = 9_223_372_036_854_775_808;

    /// <summary>Whether it is a number.</summary>
    /// <param name="text">Plain and not empty.</param>
    /// <param name="integer">The number when it is a whole one of 64 bits, <c>1e3</c> among them; else null.</param>
    public static bool TryRead(string text, out long? integer)
    {
        integer = null;
        if (!(char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' or '.'))
            return false;
        // Behind a point, underscores may stand between digits only.
        if (text[0] == '.' && !HasLoneUnderscores(text))
            return false;
        var digits = WithoutUnderscores(text);
        if (text[0] != '.' && TryInteger(digits, out var whole))
        {
            integer = whole >= long.MinValue && whole <= long.MaxValue ? (long)whole : null;
            return true;
        }
        if (!IsFraction(digits)
            || !double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            || !double.IsFinite(number))
        {
            return false;
        }
        if (double.IsInteger(number))
            integer = Math.Abs(number) < LeastBeyond ? (long)number : null;
        return true;
    }

    /// <summary>True for what is an integer rather than a fraction.</summary>
    public static bool IsInteger(string text) => text is [not '.', ..] && TryInteger(WithoutUnderscores(text), out _);

    private static bool HasLoneUnderscores(string text) =>
        !text.EndsWith('_')
        && Enumerable.Range(1, text.Length - 1).All(i => text[i] != '_' || (char.IsAsciiDigit(text[i - 1]) && char.IsAsciiDigit(text[i + 1])));

    private static string WithoutUnderscores(string text) => text.Replace("_", "", StringComparison.Ordinal);

    private static bool TryInteger(string text, out Int128 integer)
    {
        var isSigned = text is ['+' or '-', ..];
        var isNegative = text is ['-', ..];
        var (radix, digits) = text.AsSpan(isSigned ? 1 : 0) switch
        {
            ['0', 'x' or 'X', .. var hex] => (16, hex.ToString()),
            ['0', 'b' or 'B', .. var bits] => (2, bits.ToString()),
            ['0', 'o' or 'O', .. var octal] => (8, octal.ToString()),
            ['0', .. var octal] when octal.Length > 0 => (8, octal.ToString()),
            var plain => (10, plain.ToString()),
        };
        integer = 0;
        foreach (var c in digits)
        {
            var value = Value(c);
            if (value >= radix || integer > ulong.MaxValue)
                return false;
            integer = integer * radix + value;
        }
        // Signed ones have 63 bits and one for the sign, others 64.
        integer = isNegative ? -integer : integer;
        return digits.Length > 0 && integer >= long.MinValue && integer <= (isSigned ? long.MaxValue : ulong.MaxValue);
    }

    private static int Value(char c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'a' and <= 'f' => c - 'a' + 10,
        >= 'A' and <= 'F' => c - 'A' + 10,
        _ => int.MaxValue,
    };

    // [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
    private static bool IsFraction(ReadOnlySpan<char> text)
    {
        text = text is ['+' or '-', .. var unsigned] ? unsigned : text;
        var whole = TakeDigits(ref text);
        if (text is ['.', .. var behind])
        {
            text = behind;
            if (TakeDigits(ref text) == 0 && whole == 0)
                return false;
        }
        else if (whole == 0)
        {
            return false;
        }
        if (text is not ['e' or 'E', .. var exponent])
            return text.IsEmpty;
        exponent = exponent is ['+' or '-', .. var unsignedExponent] ? unsignedExponent : exponent;
        return TakeDigits(ref exponent) > 0 && exponent.IsEmpty;
    }

    private static int TakeDigits(ref ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        var count = end < 0 ? text.Length : end;
        text = text[count..];
        return count;
    }
}
