using System.Text.Json;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Policies.Parameters;

/// <summary>A value of a request: its scalars, and whether it is one scalar or a list of them.</summary>
/// <remarks>May be a secret: never printed.</remarks>
internal sealed class ParameterValue
{
    /// <summary>
    /// Most commas in a value that a rule looks at. A value with more is denied by every denial and allowed by none but <c>*</c>, since taking it apart
    /// would cost more than any honest list is worth.
    /// </summary>
    public const int MostCommas = 10_000;

    private readonly List<FieldReadings> scalars;
    private readonly bool plain;
    private readonly bool endless;

    private ParameterValue(List<FieldReadings> scalars, bool plain)
    {
        this.scalars = scalars;
        this.plain = plain;
        endless = scalars.Sum(s => (long)s.Text.AsSpan().Count(',')) > MostCommas;
    }

    /// <summary>A value that no rule looks at.</summary>
    public static ParameterValue Unread { get; } = new([], plain: false);

    /// <summary>From a query parameter.</summary>
    public static ParameterValue From(string text) => new([FieldReadings.Of(text)], plain: true);

    /// <summary>From a body's field.</summary>
    public static ParameterValue From(JsonElement element)
    {
        var found = new List<FieldReadings>();
        Collect(element, found);
        return new ParameterValue(found, element.ValueKind == JsonValueKind.Array ? element.EnumerateArray().All(IsScalar) : IsScalar(element));
    }

    /// <summary>
    /// Whether some scalar in it is some denied value, at any depth, as a whole, as one part of a comma-separated list or as the value of a
    /// <c>k=v</c> pair, for a field of any type.
    /// </summary>
    public bool HasAny(IReadOnlyList<ParameterPattern> patterns) =>
        (endless && patterns.Count > 0) || scalars.Exists(s => patterns.Any(p => p.Denies(s)) || PartsAndPairs(s).Any(part => patterns.Any(p => p.Denies(part))));

    /// <summary>
    /// Whether it is a scalar, or a list of scalars, that are all allowed values. A glob without a comma must match every part of a comma-separated
    /// value. Objects, nested lists, null and the empty list match nothing but <c>*</c>.
    /// </summary>
    public bool HasOnly(IReadOnlyList<ParameterPattern> patterns)
    {
        if (patterns.Any(p => p.IsAny))
            return true;
        return plain && !endless && scalars.Count > 0 && scalars.TrueForAll(s => patterns.Any(p =>
            p.Allows(s) && (p.SpansCommas || Parts(s).All(part => patterns.Any(other => other.Allows(part))))));
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    // As a field reads a list or a map out of one text: the parts are trimmed.
    private static IEnumerable<FieldReadings> Parts(FieldReadings scalar) =>
        scalar.Text.Contains(',', StringComparison.Ordinal) ? FieldForms.Parts(scalar.Text).Select(FieldReadings.Of) : [scalar];

    private static IEnumerable<FieldReadings> PartsAndPairs(FieldReadings scalar)
    {
        if (!scalar.Text.AsSpan().ContainsAny(',', '='))
            yield break;
        // An element of a list is one pair whatever commas it holds.
        if (FieldForms.Pair(scalar.Text) is { } whole)
            yield return FieldReadings.Of(whole.Value);
        foreach (var part in FieldForms.Parts(scalar.Text))
        {
            yield return FieldReadings.Of(part);
            if (FieldForms.Pair(part) is { } pair)
                yield return FieldReadings.Of(pair.Value);
        }
    }

    private static bool IsScalar(JsonElement element) =>
        element.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;

    // The reader bounds the depth.
    private static void Collect(JsonElement element, List<FieldReadings> found)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                    Collect(property.Value, found);
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    Collect(item, found);
                break;
            case JsonValueKind.Null:
                break;
            default:
                found.Add(FieldReadings.Of(element));
                break;
        }
    }
}
