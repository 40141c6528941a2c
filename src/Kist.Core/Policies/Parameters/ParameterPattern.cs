using System.Globalization;
using Kist.Wire.Hcl;

namespace Kist.Core.Policies.Parameters;

/// <summary>
/// One value in a list of allowed or denied values. Fields take numbers and booleans as strings too, so a value is compared by what it means as text,
/// number or
/// boolean, not by its JSON type: a denied <c>5</c> denies <c>"5"</c>.
/// </summary>
internal sealed class ParameterPattern
{
    private readonly string text;
    private readonly decimal? number;
    private readonly bool? boolean;
    private readonly bool globStart;
    private readonly bool globEnd;

    private ParameterPattern(string text, decimal? number, bool? boolean)
    {
        this.number = number;
        this.boolean = boolean;
        globStart = number is null && boolean is null && text.StartsWith('*');
        globEnd = number is null && boolean is null && text.Length > (globStart ? 1 : 0) && text.EndsWith('*');
        this.text = text[(globStart ? 1 : 0)..(globEnd ? ^1 : ^0)];
        IsAny = globStart && this.text.Length == 0;
        SpansCommas = IsAny || !(globStart || globEnd) || text.Contains(',', StringComparison.Ordinal);
    }

    /// <summary>True for <c>*</c>.</summary>
    public bool IsAny { get; }

    /// <summary>
    /// False for a glob without a comma: it is compared with each part of a comma-separated value, since a list may be sent in that form and
    /// <c>app-*</c> must not allow <c>app-x,admin</c>.
    /// </summary>
    public bool SpansCommas { get; }

    /// <summary>From a policy; null when the value is neither string, number nor boolean.</summary>
    public static ParameterPattern? From(HclValue value) => value switch
    {
        HclString s => new ParameterPattern(s.Text, null, null),
        HclNumber n => new ParameterPattern(n.Text, n.Integer ?? ToDecimal(n.Text), null),
        HclBool b => new ParameterPattern(b.Value ? "true" : "false", null, b.Value),
        _ => null,
    };

    /// <summary>Whether a value, in its text form, is this one.</summary>
    public bool Matches(ReadOnlySpan<char> value)
    {
        if (number is not null)
            return ToDecimal(value) == number;
        if (boolean is not null)
            return ToBoolean(value) == boolean;
        if (globStart && globEnd)
            return value.Contains(text, StringComparison.Ordinal);
        if (globStart)
            return value.EndsWith(text, StringComparison.Ordinal);
        return globEnd ? value.StartsWith(text, StringComparison.Ordinal) : value.SequenceEqual(text);
    }

    private static decimal? ToDecimal(ReadOnlySpan<char> value) =>
        decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;

    // The forms that boolean fields take.
    private static bool? ToBoolean(ReadOnlySpan<char> value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => null,
    };
}
