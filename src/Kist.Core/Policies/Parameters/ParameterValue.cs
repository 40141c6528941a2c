using System.Text.Json;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Policies.Parameters;

/// <summary>A value of a request: its scalars, and whether it is one scalar or a list of them.</summary>
/// <remarks>May be a secret: never printed.</remarks>
internal sealed class ParameterValue
{
    /// <summary>
    /// Most elements and parts of comma-separated lists in a value that a rule looks at. A value with more is denied by every denial and allowed by none but
    /// <c>*</c>, since taking it apart would cost more than any honest list is worth.
    /// </summary>
    public const int MostParts = 10_000;

    private readonly List<FieldReadings> scalars;
    private readonly bool plain;

    // Too long to be looked through: denied where anything is.
    private readonly bool opaque;

    private ParameterValue(List<FieldReadings> scalars, bool plain, bool opaque = false)
    {
        this.scalars = scalars;
        this.plain = plain;
        this.opaque = opaque;
    }

    /// <summary>A value that no rule looks at.</summary>
    public static ParameterValue Unread { get; } = new([], plain: false);

    /// <summary>Null, which most fields do not read, and some read as their default; no rule allows it.</summary>
    public static ParameterValue Null { get; } = new([FieldReadings.Of(""), FieldReadings.Of("0"), FieldReadings.Of("false")], plain: false);

    /// <summary>From a query parameter.</summary>
    public static ParameterValue From(string text) => new([FieldReadings.Of(text)], plain: true, opaque: CountParts(text) > MostParts);

    /// <summary>From a body's field.</summary>
    public static ParameterValue From(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Null)
            return Null;
        var found = new List<FieldReadings>();
        var room = MostParts;
        var whole = Collect(element, found, ref room);
        return new ParameterValue(
            found,
            plain: element.ValueKind == JsonValueKind.Array ? element.EnumerateArray().All(IsScalar) : IsScalar(element),
            opaque: !whole);
    }

    /// <summary>
    /// Whether some scalar in it is some denied value, at any depth, as a whole, as one part of a comma-separated list or as the value of a
    /// <c>k=v</c> pair, for a field of any type.
    /// </summary>
    public bool HasAny(IReadOnlyList<ParameterPattern> patterns) =>
        (opaque && patterns.Count > 0) || scalars.Exists(s => patterns.Any(p => p.Denies(s)) || PartsAndPairs(s).Any(part => patterns.Any(p => p.Denies(part))));

    /// <summary>
    /// Whether it is a scalar, or a list of scalars, that are all allowed values. A glob without a comma must match every part of a comma-separated
    /// value. Objects, nested lists, null and the empty list match nothing but <c>*</c>.
    /// </summary>
    public bool HasOnly(IReadOnlyList<ParameterPattern> patterns)
    {
        if (patterns.Any(p => p.IsAny))
            return true;
        return plain && !opaque && scalars.Count > 0 && scalars.TrueForAll(s => patterns.Any(p =>
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

    private static int CountParts(string text) => text.AsSpan().Count(',') + 1;

    // False when there is no room for all. The reader bounds the depth.
    private static bool Collect(JsonElement element, List<FieldReadings> found, ref int room)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    if (!Collect(property.Value, found, ref room))
                        return false;
                }
                return true;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    if (!Collect(item, found, ref room))
                        return false;
                }
                return true;
            case JsonValueKind.Null:
                return --room >= 0;
            default:
                var scalar = FieldReadings.Of(element);
                room -= CountParts(scalar.Text);
                if (room < 0)
                    return false;
                found.Add(scalar);
                return true;
        }
    }
}
