using System.Globalization;
using System.Text;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Formatting;

/// <summary>Writes a value as a verb says.</summary>
internal sealed class VerbWriter(BoundedText text, FormatSpec spec, string verb)
{
    public void Write(TemplateValue value)
    {
        if (verb == "T")
            text.Append(spec.Pad(value.GoType, zeros: true));
        else if (value is NilValue && verb != "v")
            text.Append("%!").Append(verb).Append("(<nil>)");
        else if (value is TextValue or NumberTextValue)
            text.Append(Scalar(value));
        else
            GoPrint.Write(text, value, Scalar, 0);
    }

    private string Scalar(TemplateValue value) => value switch
    {
        NilValue => verb == "v" ? spec.Pad("<nil>", zeros: true) : $"%!{verb}(<nil>)",
        BooleanValue when verb is "v" or "t" => spec.Pad(GoPrint.Scalar(value), zeros: true),
        IntegerValue integer => Integer(integer.Value, value),
        UnsignedValue unsigned => Integer(unsigned.Value, value),
        FloatValue number => Fraction(number),
        TextValue written => Text(written.Value, value),
        // Go has such a number for a text and would refuse these.
        NumberTextValue number when verb == "d" && GoNumbers.Whole(number) is { } whole => Integer(whole, value),
        NumberTextValue number when verb is "e" or "f" or "g" && GoNumbers.Float(number) is { } fraction => Fraction(new FloatValue(fraction)),
        NumberTextValue written => Text(written.Value, value),
        _ => Bad(value),
    };

    private string Bad(TemplateValue value) => $"%!{verb}({value.GoType}={GoPrint.Value(value)})";

    private string Text(string value, TemplateValue of)
    {
        switch (verb)
        {
            case "v" when spec.HasSharp: return spec.Pad(GoQuote.Quote(value, onlyAscii: false), zeros: true);
            case "v" or "s": return spec.Pad(Cut(value), zeros: true);
            case "q" when spec.HasSharp && GoQuote.CanBeRaw(Cut(value)): return spec.Pad($"`{Cut(value)}`", zeros: true);
            case "q": return spec.Pad(GoQuote.Quote(Cut(value), spec.HasPlus), zeros: true);
            case "x" or "X": return spec.Pad(Hex(GoText.ToBytes(value)), zeros: true);
            default: return Bad(of);
        }
    }

    /// <summary>The text up to the precision, which counts characters.</summary>
    private string Cut(string value)
    {
        if (spec.Precision is not { } most || GoText.RuneCount(value) <= most)
            return value;
        var end = 0;
        for (var i = 0; i < most; i++)
            end += char.IsSurrogatePair(value, end) ? 2 : 1;
        return value[..end];
    }

    private string Hex(byte[] bytes)
    {
        var cut = spec.Precision is { } most && most < bytes.Length ? bytes.AsSpan(0, most) : bytes;
        var hex = verb == "x" ? Convert.ToHexStringLower(cut) : Convert.ToHexString(cut);
        var prefix = spec.HasSharp && hex.Length > 0 ? $"0{verb}" : "";
        if (!spec.HasSpace)
            return prefix + hex;
        var pairs = hex.Chunk(2).Select(pair => prefix + new string(pair));
        return string.Join(' ', pairs);
    }

    private string Integer(Int128 value, TemplateValue of)
    {
        switch (verb)
        {
            case "v" or "d": return Digits(value, 10, "");
            case "b": return Digits(value, 2, spec.HasSharp ? "0b" : "");
            case "o": return Digits(value, 8, spec.HasSharp ? "0" : "");
            case "O": return Digits(value, 8, "0o");
            case "x": return Digits(value, 16, spec.HasSharp ? "0x" : "");
            case "X": return Digits(value, 16, spec.HasSharp ? "0X" : "").ToUpperInvariant();
            case "c": return spec.Pad(Character(value), zeros: true);
            case "q" when value >= 0 && value <= 0x10ffff: return spec.Pad(GoQuote.QuoteCharacter(Character(value), spec.HasPlus), zeros: true);
            case "U": return spec.Pad("U+" + unchecked((ulong)value).ToString("X4", CultureInfo.InvariantCulture), zeros: false);
            default: return Bad(of);
        }
    }

    private static string Character(Int128 value) =>
        value >= 0 && value <= 0x10ffff && Rune.TryCreate((int)value, out var rune) ? rune.ToString() : "\ufffd";

    private string Digits(Int128 value, int radix, string prefix)
    {
        var digits = new StringBuilder();
        for (var rest = Int128.Abs(value); rest > 0; rest /= radix)
            digits.Insert(0, "0123456789abcdef"[(int)(rest % radix)]);
        var wanted = spec.Precision ?? 1;
        if (wanted == 0 && value == 0)
            return spec.Pad("", zeros: false);
        var sign = Sign(value < 0);
        if (spec is { HasZero: true, IsLeft: false, Precision: null, Width: { } width })
            wanted = width - sign.Length - prefix.Length;
        if (prefix == "0" && digits.Length >= wanted && (digits.Length == 0 || digits[0] != '0'))
            wanted = digits.Length + 1;
        var padded = digits.ToString().PadLeft(Math.Max(wanted, 1), '0');
        return spec.Pad(sign + (prefix == "0" ? "" : prefix) + padded, zeros: false);
    }

    private string Fraction(FloatValue value)
    {
        var number = value.Value;
        var digits = verb switch
        {
            "v" or "g" or "G" => spec.Precision is { } precision ? GoFloats.General(number, precision) : GoFloats.Shortest(number),
            "e" or "E" => GoFloats.Exponent(number, spec.Precision ?? 6),
            "f" or "F" => GoFloats.Fixed(number, spec.Precision ?? 6),
            _ => null,
        };
        if (digits is null)
            return Bad(value);
        digits = verb is "G" or "E" ? digits.ToUpperInvariant() : digits;
        var isSpecial = !double.IsFinite(number);
        var unsigned = digits.TrimStart('-', '+');
        var sign = double.IsPositiveInfinity(number) && !spec.HasSpace ? "+" : Sign(digits[0] == '-');
        if (spec is { HasZero: true, IsLeft: false, Width: { } width } && !isSpecial)
            unsigned = unsigned.PadLeft(Math.Max(0, width - sign.Length), '0');
        return spec.Pad(sign + unsigned, zeros: false);
    }

    private string Sign(bool isNegative)
    {
        if (isNegative)
            return "-";
        if (spec.HasPlus)
            return "+";
        return spec.HasSpace ? " " : "";
    }
}
