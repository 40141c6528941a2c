using Kist.Wire.Yaml;

namespace Kist.Auth.Kubernetes;

/// <summary>Selects by labels, as Kubernetes' <c>LabelSelector</c> does: all of its rules must hold, and one without rules selects everything.</summary>
internal sealed class LabelSelector
{
    private const int LongestText = 16 * 1024;

    private readonly List<(string Key, string Operator, IReadOnlyList<string> Values)> rules = [];

    private LabelSelector()
    {
    }

    /// <summary>Reads JSON or YAML; null when something is wrong, which <paramref name="fault"/> tells.</summary>
    public static LabelSelector? TryParse(string text, out string fault)
    {
        var selector = new LabelSelector();
        fault = text.Length > LongestText ? $"is longer than {LongestText} characters" : selector.Read(YamlReader.Read(text));
        return fault.Length == 0 ? selector : null;
    }

    /// <summary>True when the labels are such.</summary>
    public bool Selects(IReadOnlyDictionary<string, string> labels) => rules.TrueForAll(rule =>
    {
        var value = labels.GetValueOrDefault(rule.Key);
        return rule.Operator switch
        {
            "In" => value is not null && rule.Values.Contains(value, StringComparer.Ordinal),
            "NotIn" => value is null || !rule.Values.Contains(value, StringComparer.Ordinal),
            "Exists" => value is not null,
            _ => value is null,
        };
    });

    private string Read(YamlReading reading)
    {
        if (reading.Fault is { } bad)
            return $"is neither JSON nor YAML: {bad.Reason}";
        if (reading.Root is not YamlMap map || reading.SecondDocument is not null)
            return "must be an object with matchLabels or matchExpressions";
        foreach (var entry in map.Entries)
        {
            var fault = (entry.Key, entry.Value) switch
            {
                _ when map.Entries.Count(e => e.Key == entry.Key) > 1 => $"has \"{entry.Key}\" twice",
                ("matchLabels", YamlMap labels) => ReadLabels(labels),
                ("matchExpressions", YamlList list) => list.Elements.Select(ReadExpression).FirstOrDefault(f => f.Length > 0) ?? "",
                ("matchLabels" or "matchExpressions", _) => $"has \"{entry.Key}\" of the wrong type",
                _ => $"has an unknown field \"{entry.Key}\"",
            };
            if (fault.Length > 0)
                return fault;
        }
        return "";
    }

    private string ReadLabels(YamlMap labels)
    {
        foreach (var label in labels.Entries)
        {
            if (label.Value is not YamlScalar { Kind: YamlScalarKind.Text } value)
                return "has a label in matchLabels whose value is no text: quote it";
            rules.Add((label.Key, "In", [value.Text]));
        }
        return "";
    }

    private string ReadExpression(YamlValue element)
    {
        if (element is not YamlMap map || map.Entries.Any(e => e.Key is not ("key" or "operator" or "values")))
            return "has in matchExpressions something else than key, operator and values";
        var values = new List<string>();
        if (Find(map, "values") is YamlList list)
            values.AddRange(list.Elements.OfType<YamlScalar>().Where(v => v.Kind == YamlScalarKind.Text).Select(v => v.Text));
        if (Find(map, "key") is not YamlScalar { Text.Length: > 0 } key || Find(map, "operator") is not YamlScalar kind)
            return "has an expression without key or operator";
        if (kind.Text is not ("In" or "NotIn" or "Exists" or "DoesNotExist"))
            return "has an operator that is none of In, NotIn, Exists and DoesNotExist";
        var given = Find(map, "values") switch
        {
            null or YamlScalar { Kind: YamlScalarKind.Null } => 0,
            YamlList all => all.Elements.Count,
            _ => -1,
        };
        if (given != values.Count || (kind.Text is "In" or "NotIn") != (given > 0))
            return "has an expression whose values do not go with its operator";
        rules.Add((key.Text, kind.Text, values));
        return "";
    }

    private static YamlValue? Find(YamlMap map, string name) => map.Entries.LastOrDefault(e => e.Key == name)?.Value;
}
