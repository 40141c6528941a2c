using Kist.Core.Policies.Parameters;
using Kist.Wire.Hcl;

namespace Kist.Core.Policies.Parsing;

/// <summary>Reads <c>allowed_parameters</c>, <c>denied_parameters</c> and <c>required_parameters</c>.</summary>
internal static class ParameterParser
{
    /// <summary>The constraints, or null when none are given.</summary>
    public static ParameterRules? Parse(FieldReader fields, PolicyFaults faults)
    {
        var allowed = ReadMap("allowed_parameters", fields, faults);
        var denied = ReadMap("denied_parameters", fields, faults);
        var required = fields.Strings("required_parameters").Select(s => s.Text.ToLowerInvariant()).Distinct(StringComparer.Ordinal).ToList();
        return allowed.Count + denied.Count + required.Count == 0 ? null : new ParameterRules(allowed, denied, required);
    }

    private static Dictionary<string, IReadOnlyList<ParameterPattern>> ReadMap(string field, FieldReader fields, PolicyFaults faults)
    {
        var map = new Dictionary<string, IReadOnlyList<ParameterPattern>>(StringComparer.Ordinal);
        foreach (var item in fields.Blocks(field).SelectMany(b => b.Body.Items))
        {
            if (!map.TryAdd(item.Key.Text.ToLowerInvariant(), ReadValues(item, faults)))
                faults.Add(item.Position, $"parameter \"{item.Key.Text}\" is given twice in \"{field}\"");
        }
        if (map.Count == 0 && fields.Find(field) is { } empty)
            faults.Warn(empty.Position, $"\"{field}\" is empty and constrains nothing");
        return map;
    }

    private static List<ParameterPattern> ReadValues(HclItem item, PolicyFaults faults)
    {
        var patterns = new List<ParameterPattern>();
        foreach (var value in item.Value is HclList list ? list.Elements : [item.Value])
        {
            if (ParameterPattern.From(value) is { } pattern)
                patterns.Add(pattern);
            else
                faults.Add(value.Position, $"the values of parameter \"{item.Key.Text}\" must be strings, numbers or booleans, found {value.Noun}");
        }
        return patterns;
    }
}
