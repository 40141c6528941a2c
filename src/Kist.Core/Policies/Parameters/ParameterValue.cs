using System.Text.Json;

namespace Kist.Core.Policies.Parameters;

/// <summary>A value of a request: the texts of its scalars, and whether it is one scalar or a list of them.</summary>
/// <remarks>May be a secret: never printed.</remarks>
internal sealed class ParameterValue
{
    private readonly List<string> scalars;
    private readonly bool plain;

    private ParameterValue(List<string> scalars, bool plain)
    {
        this.scalars = scalars;
        this.plain = plain;
    }

    /// <summary>From a query parameter.</summary>
    public static ParameterValue From(string text) => new([text], plain: true);

    /// <summary>From a body's field.</summary>
    public static ParameterValue From(JsonElement element)
    {
        var found = new List<string>();
        Collect(element, found);
        return new ParameterValue(found, element.ValueKind == JsonValueKind.Array ? element.EnumerateArray().All(IsScalar) : IsScalar(element));
    }

    /// <summary>
    /// Whether some scalar in it matches some pattern, at any depth, as a whole or as one part of a comma-separated list: for denied values.
    /// </summary>
    public bool HasAny(IReadOnlyList<ParameterPattern> patterns) =>
        scalars.Exists(s => patterns.Any(p => p.Matches(s)) || Parts(s).Exists(part => patterns.Any(p => p.Matches(part))));

    /// <summary>
    /// Whether it is a scalar, or a list of scalars, that all match: for allowed values. A glob without a comma must match every part of a
    /// comma-separated value. Objects, nested lists, null and the empty list match nothing but <c>*</c>.
    /// </summary>
    public bool HasOnly(IReadOnlyList<ParameterPattern> patterns)
    {
        if (patterns.Any(p => p.IsAny))
            return true;
        return plain && scalars.Count > 0 && scalars.TrueForAll(s => patterns.Any(p =>
            p.Matches(s) && (p.SpansCommas || Parts(s).TrueForAll(part => patterns.Any(other => other.Matches(part))))));
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    private static List<string> Parts(string scalar) =>
        scalar.Contains(',', StringComparison.Ordinal) ? [.. scalar.Split(',', StringSplitOptions.TrimEntries)] : [scalar];

    private static bool IsScalar(JsonElement element) =>
        element.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;

    // The reader bounds the depth.
    private static void Collect(JsonElement element, List<string> found)
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
            case JsonValueKind.String:
                found.Add(element.GetString()!);
                break;
            case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                found.Add(element.GetRawText());
                break;
        }
    }
}
