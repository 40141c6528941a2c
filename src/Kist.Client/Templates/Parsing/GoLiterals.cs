using System.Globalization;
using System.Text;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Parsing;

/// <summary>Reads the constants of Go's syntax.</summary>
internal static class GoLiterals
{
    /// <summary>The text between quotes, escapes resolved; null when an escape is malformed.</summary>
    public static string? Unquote(ReadOnlySpan<char> inside, char quote)
    {
        if (!inside.Contains('\\'))
            return inside.ToString();
        // Escapes name bytes, of which several may make one character.
        var bytes = new List<byte>(inside.Length);
        while (!inside.IsEmpty)
        {
            var plain = inside.IndexOf('\\');
            bytes.AddRange(GoText.ToBytes((plain < 0 ? inside : inside[..plain]).ToString()));
            if (plain < 0)
                break;
            inside = inside[(plain + 1)..];
            if (!TakeEscape(ref inside, quote, bytes))
                return null;
        }
        return GoText.FromBytes([.. bytes]);
    }

    /// <summary>The number a constant stands for: whole, or with a point or an exponent a fraction; null when malformed or out of range.</summary>
    public static TemplateValue? Number(ReadOnlySpan<char> written)
    {
        var isHex = written.Contains("0x", StringComparison.OrdinalIgnoreCase);
        if (isHex || !written.ContainsAny(".eE"))
            return Integer(written);
        foreach (var c in written)
        {
            if (!char.IsAsciiDigit(c) && c is not ('.' or 'e' or 'E' or '+' or '-'))
                return null;
        }
        return double.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction) && double.IsFinite(fraction)
            ? new FloatValue(fraction)
            : null;
    }

    private static IntegerValue? Integer(ReadOnlySpan<char> written)
    {
        var isNegative = written is ['-', ..];
        var digits = written is ['+' or '-', .. var unsigned] ? unsigned : written;
        (var radix, digits) = digits switch
        {
            ['0', 'x' or 'X', .. var rest] => Pair(16, rest),
            ['0', 'b' or 'B', .. var rest] => Pair(2, rest),
            ['0', 'o' or 'O', .. var rest] => Pair(8, rest),
            ['0', _, ..] => Pair(8, digits[1..]),
            _ => Pair(10, digits),
        };
        Int128 value = 0;
        var any = false;
        foreach (var c in digits)
        {
            if (c == '_')
                continue;
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix || value > long.MaxValue)
                return null;
            value = value * radix + digit;
            any = true;
        }
        value = isNegative ? -value : value;
        return any && digits[^1] != '_' && value >= long.MinValue && value <= long.MaxValue ? new IntegerValue((long)value) : null;
    }

    private static RadixAndDigits Pair(int radix, ReadOnlySpan<char> digits) => new(radix, digits);

    private static bool TakeEscape(ref ReadOnlySpan<char> rest, char quote, List<byte> bytes)
    {
        if (rest.IsEmpty)
            return false;
        var c = rest[0];
        rest = rest[1..];
        switch (c)
        {
            case 'x': return TakeByte(ref rest, 2, 16, bytes);
            case >= '0' and <= '7':
                Span<char> octal = [c, .. rest[..Math.Min(2, rest.Length)]];
                ReadOnlySpan<char> digits = octal;
                rest = rest[Math.Min(2, rest.Length)..];
                return TakeByte(ref digits, 3, 8, bytes);
            case 'u': return TakeRune(ref rest, 4, bytes);
            case 'U': return TakeRune(ref rest, 8, bytes);
            default:
                if (Simple(c, quote) is not { } simple)
                    return false;
                bytes.Add((byte)simple);
                return true;
        }
    }

    private static char? Simple(char c, char quote) => c switch
    {
        'a' => '\a',
        'b' => '\b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\v',
        '\\' => '\\',
        _ => c == quote ? quote : null,
    };

    private static bool TakeByte(ref ReadOnlySpan<char> rest, int length, int radix, List<byte> bytes)
    {
        if (Take(ref rest, length, radix) is not ({ } value and <= 255))
            return false;
        bytes.Add((byte)value);
        return true;
    }

    private static bool TakeRune(ref ReadOnlySpan<char> rest, int length, List<byte> bytes)
    {
        if (Take(ref rest, length, 16) is not { } value || !Rune.IsValid(value))
            return false;
        bytes.AddRange(Encoding.UTF8.GetBytes(new Rune(value).ToString()));
        return true;
    }

    private static int? Take(ref ReadOnlySpan<char> rest, int length, int radix)
    {
        if (rest.Length < length)
            return null;
        var value = 0L;
        foreach (var c in rest[..length])
        {
            if (!char.IsAsciiHexDigit(c) || Convert.ToInt32(c.ToString(), 16) is var digit && digit >= radix)
                return null;
            value = value * radix + digit;
        }
        rest = rest[length..];
        return value <= int.MaxValue ? (int)value : null;
    }

    private readonly ref struct RadixAndDigits(int radix, ReadOnlySpan<char> digits)
    {
        private readonly ReadOnlySpan<char> digits = digits;

        public void Deconstruct(out int radixOut, out ReadOnlySpan<char> digitsOut)
        {
            radixOut = radix;
            digitsOut = digits;
        }
    }
}
