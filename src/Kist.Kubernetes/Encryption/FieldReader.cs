using Kist.Wire.Hcl;
using Kist.Wire.Yaml;

namespace Kist.Kubernetes.Encryption;

/// <summary>
/// Reads the fields of one mapping as the API server's strict decoder does, and records as findings those that are unknown, repeated or of the wrong
/// type. Null is the same as absent.
/// </summary>
internal sealed class FieldReader
{
    // No field has a longer name, and no key is shorter: 16 bytes are 24 characters.
    private const int LongestShown = 20;

    private readonly List<Finding> findings;
    private readonly Dictionary<string, YamlEntry> fields = new(StringComparer.Ordinal);

    /// <param name="map">The mapping; null stands for an empty one.</param>
    /// <param name="place">Where it stands.</param>
    /// <param name="known">Every field that it may have.</param>
    /// <param name="findings">Takes the findings.</param>
    public FieldReader(YamlMap? map, Place place, IReadOnlyCollection<string> known, List<Finding> findings)
    {
        this.findings = findings;
        foreach (var entry in map?.Entries ?? [])
        {
            var isKnown = known.Contains(entry.Key, StringComparer.Ordinal);
            var at = place.Field(isKnown ? entry.Key : Shown(entry.Key)) with { Position = entry.Position };
            if (!isKnown)
                AddUnknown(entry.Key, at, known);
            else if (!fields.TryAdd(entry.Key, entry))
                findings.Add(Finding.Error("duplicate-field", at, $"strict decoding error: duplicate field \"{at.Path}\"", "keep one of them"));
        }
        Place = place with { Fields = fields.ToDictionary(f => f.Key, f => f.Value.Value.Position, StringComparer.Ordinal) };
    }

    /// <summary>Where the mapping and its fields stand.</summary>
    public Place Place { get; }

    /// <summary>True when it has fields that are not known.</summary>
    public bool HasUnknown { get; private set; }

    /// <summary>The value; null when it is absent or null.</summary>
    public YamlValue? Value(string name) =>
        fields.GetValueOrDefault(name)?.Value is { } value and not YamlScalar { Kind: YamlScalarKind.Null } ? value : null;

    /// <summary>
    /// Text; null when it is absent, null, a list or a mapping. A number or boolean is a finding and taken for the text that was meant.
    /// </summary>
    public string? Text(string name)
    {
        var value = Value(name);
        if (value is not (null or YamlScalar { Kind: YamlScalarKind.Text }))
            Refuse(name, value, "a string", value is YamlScalar ? "put it in double quotes" : "write a string");
        return (value as YamlScalar)?.Text;
    }

    /// <summary>An integer of 32 bits; null when it is absent, null or something else.</summary>
    public int? Integer(string name)
    {
        if (Value(name) is not { } value)
            return null;
        if (value is YamlScalar { Kind: YamlScalarKind.Number, Integer: >= int.MinValue and <= int.MaxValue and var integer })
            return (int)integer;
        Refuse(name, value, "an integer", "write a whole number without quotes");
        return null;
    }

    /// <summary>A mapping; null when it is absent, null or something else.</summary>
    public YamlMap? Map(string name)
    {
        var value = Value(name);
        if (value is not (null or YamlMap))
            Refuse(name, value, "an object", "write its fields below it, or {} for none");
        return value as YamlMap;
    }

    /// <summary>A list's elements with their places; empty when it is absent, null or something else.</summary>
    public IEnumerable<(YamlValue Value, Place Place)> Elements(string name)
    {
        var value = Value(name);
        if (value is YamlList list)
            return list.Elements.Select((element, i) => (element, Place.Field(name).Element(i, element.Position)));
        if (value is not null)
            Refuse(name, value, "a list", "write each element behind \"- \"");
        return [];
    }

    /// <summary>Records that a value has the wrong type.</summary>
    public static Finding WrongType(Place place, YamlValue value, string expected, string fix) =>
        Finding.Error("wrong-type", place, $"json: cannot unmarshal {Json(value)}: {place.Path} must be {expected}, found {value.Noun}", fix);

    private static string Json(YamlValue value) => value switch
    {
        YamlMap => "object",
        YamlList => "array",
        YamlScalar { Kind: YamlScalarKind.Number } => "number",
        YamlScalar { Kind: YamlScalarKind.Boolean } => "bool",
        _ => "string",
    };

    // A blank forgotten behind a colon makes a secret part of the name, so that only what looks like a field's name is repeated.
    private static string Shown(string name) =>
        name.Length is > 0 and <= LongestShown && name.All(char.IsAsciiLetter) ? name : $"a field of {name.Length} characters";

    private void AddUnknown(string name, Place at, IReadOnlyCollection<string> known)
    {
        HasUnknown = true;
        var fix = (known.FirstOrDefault(k => name.StartsWith(k + ":", StringComparison.Ordinal)), HclSuggestion.Closest(name, known)) switch
        {
            ({ } unspaced, _) => $"write a blank behind the colon of \"{unspaced}:\"",
            (_, { } meant) => $"did you mean \"{meant}\"?",
            _ => $"remove it; known here: {string.Join(", ", known)}",
        };
        findings.Add(Finding.Error("unknown-field", at, $"strict decoding error: unknown field \"{at.Path}\"", fix));
    }

    private void Refuse(string name, YamlValue value, string expected, string fix) =>
        findings.Add(WrongType(Place.Field(name), value, expected, fix));
}
