namespace Kist.Core.Policies.Parameters;

/// <summary>
/// The constraints of a rule on the top-level parameters of a request. Names are in lower case; allowed and denied ones are compared without regard
/// to case.
/// </summary>
/// <param name="Allowed">
/// Values by name; an empty list allows any value. The name <c>*</c> allows all other parameters. Empty: all parameters are allowed.
/// </param>
/// <param name="Denied">Values by name; an empty list denies any value. The name <c>*</c> denies all parameters.</param>
/// <param name="Required">Names that must be present, exactly so: a field is read by its name in lower case and by no other.</param>
internal sealed record ParameterRules(
    IReadOnlyDictionary<string, IReadOnlyList<ParameterPattern>> Allowed,
    IReadOnlyDictionary<string, IReadOnlyList<ParameterPattern>> Denied,
    IReadOnlyList<string> Required)
{
    private const string Every = "*";

    /// <summary>All together: values of a name add up, where any value (the empty list) wins; required names add up. Null for none.</summary>
    public static ParameterRules? Merge(IReadOnlyList<ParameterRules> rules) => rules.Count switch
    {
        0 => null,
        1 => rules[0],
        _ => new ParameterRules(
            Merge(rules.Select(r => r.Allowed)),
            Merge(rules.Select(r => r.Denied)),
            [.. rules.SelectMany(r => r.Required).Distinct(StringComparer.Ordinal)]),
    };

    /// <summary>Whether the decision depends on the value of a parameter and not only on its name.</summary>
    public bool LooksAt(string name) =>
        (Denied.TryGetValue(name, out var denied) && denied.Count > 0) || (Allowed.TryGetValue(name, out var allowed) && allowed.Count > 0);

    /// <summary>Whether a request with these parameters keeps the constraints.</summary>
    public bool Permit(RequestParameters parameters)
    {
        foreach (var name in Required)
        {
            if (!parameters.Present.Contains(name))
                return false;
        }
        foreach (var (name, value) in parameters.Values)
        {
            if (Denies(name, value) || !Allows(name, value))
                return false;
        }
        return true;
    }

    private bool Denies(string name, ParameterValue value) =>
        Denied.ContainsKey(Every) || (Denied.TryGetValue(name, out var patterns) && (patterns.Count == 0 || value.HasAny(patterns)));

    private bool Allows(string name, ParameterValue value)
    {
        if (Allowed.Count == 0)
            return true;
        return Allowed.TryGetValue(name, out var patterns) ? patterns.Count == 0 || value.HasOnly(patterns) : Allowed.ContainsKey(Every);
    }

    private static Dictionary<string, IReadOnlyList<ParameterPattern>> Merge(
        IEnumerable<IReadOnlyDictionary<string, IReadOnlyList<ParameterPattern>>> maps) => maps
        .SelectMany(map => map)
        .GroupBy(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal)
        .ToDictionary(
            values => values.Key,
            IReadOnlyList<ParameterPattern> (values) => values.Any(v => v.Count == 0) ? [] : [.. values.SelectMany(v => v)],
            StringComparer.Ordinal);
}
