using System.Globalization;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Formatting;

/// <summary>
/// <c>printf</c> as in Go, with its way of showing mistakes in the output: <c>%!d(string=x)</c>, <c>%!s(MISSING)</c>, <c>%!(EXTRA int=1)</c>.
/// </summary>
internal sealed class GoFormat
{
    private readonly string format;
    private readonly IReadOnlyList<TemplateValue> values;
    private readonly BoundedText text = new();
    private int index;
    private int next;
    private bool reordered;

    private GoFormat(string format, IReadOnlyList<TemplateValue> values)
    {
        this.format = format;
        this.values = values;
    }

    public static string Format(string format, IReadOnlyList<TemplateValue> values) => new GoFormat(format, values).Run();

    private string Run()
    {
        while (index < format.Length)
        {
            var percent = format.IndexOf('%', index);
            text.Append(format.AsSpan(index, (percent < 0 ? format.Length : percent) - index));
            if (percent < 0)
                break;
            index = percent + 1;
            Directive();
        }
        if (!reordered && next < values.Count)
            Extra();
        return text.ToString();
    }

    private void Directive()
    {
        var spec = new FormatSpec();
        while (index < format.Length && spec.TakeFlag(format[index]))
            index++;
        var bad = !TakePlace();
        if (TakeStar(out var width, ref bad))
        {
            spec.IsLeft |= width < 0;
            spec.Width = width is { } w ? Math.Abs(w) : null;
        }
        else
        {
            spec.Width = TakeNumber();
        }
        if (index < format.Length && format[index] == '.')
        {
            index++;
            bad |= !TakePlace();
            spec.Precision = TakeStar(out var precision, ref bad) ? precision : TakeNumber() ?? 0;
        }
        bad |= !TakePlace();
        if (index >= format.Length)
        {
            text.Append("%!(NOVERB)");
            return;
        }
        Verb(spec, bad);
    }

    private void Verb(FormatSpec spec, bool bad)
    {
        var length = char.IsSurrogatePair(format, index) ? 2 : 1;
        var verb = format.AsSpan(index, length);
        index += length;
        if (verb is "%")
            text.Append('%');
        else if (bad)
            text.Append("%!").Append(verb).Append("(BADINDEX)");
        else if (next >= values.Count)
            text.Append("%!").Append(verb).Append("(MISSING)");
        else
            new VerbWriter(text, spec, verb.ToString()).Write(values[next++]);
    }

    private void Extra()
    {
        text.Append("%!(EXTRA ");
        for (var i = next; i < values.Count; i++)
        {
            text.Append(i > next ? ", " : "");
            if (values[i] is NilValue)
                text.Append("<nil>");
            else
                text.Append(values[i].GoType).Append('=').Append(GoPrint.Value(values[i]));
        }
        text.Append(')');
    }

    /// <summary>Steps over <c>[n]</c>, which names the next argument; false when it is malformed or names none.</summary>
    private bool TakePlace()
    {
        if (index >= format.Length || format[index] != '[')
            return true;
        reordered = true;
        var end = format.IndexOf(']', index);
        var written = format.AsSpan(index + 1, Math.Max(0, end - index - 1));
        var isPlace = int.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place >= 1 && place <= values.Count;
        index = end < 0 ? index + 1 : end + 1;
        next = isPlace ? place - 1 : next;
        return isPlace;
    }

    /// <summary>Steps over <c>*</c>, which takes the number from an argument.</summary>
    private bool TakeStar(out int? number, ref bool bad)
    {
        number = null;
        if (index >= format.Length || format[index] != '*')
            return false;
        index++;
        if (next < values.Count && values[next++] is IntegerValue { Value: >= -FormatSpec.Most and <= FormatSpec.Most } value)
            number = (int)value.Value;
        else
            text.Append("%!(BADWIDTH)");
        bad |= !TakePlace();
        return true;
    }

    private int? TakeNumber()
    {
        var start = index;
        var number = 0;
        while (index < format.Length && char.IsAsciiDigit(format[index]))
            number = Math.Min(number * 10 + (format[index++] - '0'), FormatSpec.Most);
        return index > start ? number : null;
    }
}

/// <summary>What stands between <c>%</c> and the verb.</summary>
internal sealed class FormatSpec
{
    /// <summary>Widest and most precise.</summary>
    public const int Most = 1_000_000;

    private int? precision;

    public bool IsLeft { get; set; }

    public bool HasPlus { get; private set; }

    public bool HasSharp { get; private set; }

    public bool HasSpace { get; private set; }

    public bool HasZero { get; private set; }

    public int? Width { get; set; }

    /// <summary>A negative one is none.</summary>
    public int? Precision { get => precision; set => precision = value >= 0 ? value : null; }

    public bool TakeFlag(char c)
    {
        switch (c)
        {
            case '-': return IsLeft = true;
            case '+': return HasPlus = true;
            case '#': return HasSharp = true;
            case ' ': return HasSpace = true;
            case '0': return HasZero = true;
            default: return false;
        }
    }

    /// <summary>Widens a text to the width, with zeros where they are wanted and allowed.</summary>
    public string Pad(string text, bool zeros)
    {
        var missing = (Width ?? 0) - GoText.RuneCount(text);
        if (missing <= 0)
            return text;
        if (IsLeft)
            return text + new string(' ', missing);
        return new string(zeros && HasZero ? '0' : ' ', missing) + text;
    }
}
