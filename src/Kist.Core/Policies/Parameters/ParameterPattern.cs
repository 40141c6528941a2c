using System.Text;
using Kist.Core.Routing.Fields;
using Kist.Wire.Hcl;

namespace Kist.Core.Policies.Parameters;

/// <summary>
/// One value in a list of allowed or denied values. A rule does not know the types of the fields that it constrains, and fields take numbers,
/// booleans and durations in several forms; so a value of the request is compared by what a field would read from it (<see cref="FieldReadings"/>),
/// not by its JSON type: a denied <c>5</c> denies <c>"5"</c>, <c>5.0</c> and <c>"0x5"</c>.
/// </summary>
internal abstract class ParameterPattern
{
    /// <summary>True for <c>*</c>.</summary>
    public virtual bool IsAny => false;

    /// <summary>
    /// False for a glob without a comma: it is compared with each part of a comma-separated value, since a list may be sent in that form and
    /// <c>app-*</c> must not allow <c>app-x,admin</c>.
    /// </summary>
    public virtual bool SpansCommas => true;

    /// <summary>From a policy; null when the value is neither string, number nor boolean.</summary>
    public static ParameterPattern? From(HclValue value) => value switch
    {
        HclString s => new TextPattern(s.Text),
        HclNumber n => new NumberPattern(n),
        HclBool b => new BooleanPattern(b.Value),
        _ => null,
    };

    /// <summary>Whether a value is this one for a field of the type in which the policy gives it.</summary>
    public abstract bool Allows(FieldReadings value);

    /// <summary>Whether a value may be this one for a field of some type.</summary>
    public virtual bool Denies(FieldReadings value) => Allows(value);
}

/// <summary><c>true</c> or <c>false</c>.</summary>
internal sealed class BooleanPattern(bool boolean) : ParameterPattern
{
    /// <inheritdoc/>
    public override bool Allows(FieldReadings value) => value.Boolean == boolean;
}

/// <summary>A number: also a duration of so many seconds.</summary>
internal sealed class NumberPattern : ParameterPattern
{
    private readonly string text;
    private readonly decimal? number;
    private readonly TimeSpan? duration;

    public NumberPattern(HclNumber value)
    {
        text = value.Text;
        number = value.Integer ?? FieldReadings.ToDecimal(value.Text);
        duration = DurationFieldConverter.FromSeconds(value.Value);
    }

    /// <inheritdoc/>
    public override bool Allows(FieldReadings value) =>
        (number is not null && (value.Integer == number || value.Number == number))
        || (duration is not null && value.Duration == duration)
        || string.Equals(value.Text, text, StringComparison.Ordinal);
}

/// <summary>A text, which may start or end in <c>*</c>.</summary>
internal sealed class TextPattern : ParameterPattern
{
    private readonly string text;
    private readonly bool globStart;
    private readonly bool globEnd;

    // What the whole text means to fields that are no text; null for a glob.
    private readonly FieldReadings? meaning;

    public TextPattern(string pattern)
    {
        globStart = pattern.StartsWith('*');
        globEnd = pattern.Length > (globStart ? 1 : 0) && pattern.EndsWith('*');
        text = pattern[(globStart ? 1 : 0)..(globEnd ? ^1 : ^0)];
        if (!globStart && !globEnd && !string.IsNullOrWhiteSpace(text))
            meaning = FieldReadings.Of(text);
    }

    /// <inheritdoc/>
    public override bool IsAny => globStart && text.Length == 0;

    /// <inheritdoc/>
    public override bool SpansCommas => IsAny || !(globStart || globEnd) || text.Contains(',', StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Allows(FieldReadings value) => value.Texts.Any(t => Matches(t, StringComparison.Ordinal));

    /// <summary>
    /// Also without regard to case and to spaces around it, since policies and other names are read so, and by number, duration, moment or truth.
    /// </summary>
    public override bool Denies(FieldReadings value) =>
        value.Texts.Any(t => MatchesSomehow(t) || (!Ascii.IsValid(t) && MatchesSomehow(t.ToLowerInvariant())))
        || (meaning is { } mine && Same(mine, value));

    // "1" and "t" are also numbers and names: as a denied text they are a truth only where they are sent as one.
    private static bool Same(FieldReadings mine, FieldReadings value) =>
        (mine.Integer is { } integer && value.Integer == integer)
        || (mine.Number is { } number && value.Number == number)
        || (mine.Duration is { } duration && value.Duration == duration)
        || (mine.Time is { } time && value.Time == time)
        || (mine.Text is "true" or "TRUE" or "True" or "false" or "FALSE" or "False" && value.Boolean == mine.Boolean);

    // A sign that is no letter of ours may become one where a name is made small: U+212A is a k then.
    private bool MatchesSomehow(string value) =>
        Matches(value, StringComparison.OrdinalIgnoreCase) || Matches(value.AsSpan().Trim(), StringComparison.OrdinalIgnoreCase);

    private bool Matches(ReadOnlySpan<char> value, StringComparison comparison)
    {
        if (globStart && globEnd)
            return value.Contains(text, comparison);
        if (globStart)
            return value.EndsWith(text, comparison);
        return globEnd ? value.StartsWith(text, comparison) : value.Equals(text, comparison);
    }
}
