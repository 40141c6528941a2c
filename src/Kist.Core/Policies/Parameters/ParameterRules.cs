namespace Kist.Core.Policies.Parameters;

/// <summary>
/// The constraints of a rule on the top-level parameters of a request. Names are in lower case; they are compared without regard to case.
/// </summary>
/// <param name="Allowed">
/// Values by name; an empty list allows any value. The name <c>*</c> allows all other parameters. Empty: all parameters are allowed.
/// </param>
/// <param name="Denied">Values by name; an empty list denies any value. The name <c>*</c> denies all parameters.</param>
/// <param name="Required">Names that must be present.</param>
internal sealed record ParameterRules(
    IReadOnlyDictionary<string, IReadOnlyList<ParameterPattern>> Allowed,
    IReadOnlyDictionary<string, IReadOnlyList<ParameterPattern>> Denied,
    IReadOnlyList<string> Required)
{
    private const string Every = "*";

    /// <summary>Both together: values of a name add up, where any value (the empty list) wins; required names add up.</summary>
    public static ParameterRules? Merge(ParameterRules? a, ParameterRules? b)
    {
        if (a is null || b is null)
            return a ?? b;
        return new ParameterRules(Merge(a.Allowed, b.Allowed), Merge(a.Denied, b.Denied), [.. a.Required.Union(b.Required)]);
    }

    /// <summary>Whether a request with these parameters keeps the constraints.</summary>
    public bool Permit(RequestParameters parameters)
    {
        foreach (var name in Required)
        {
            if (!parameters.Names.Contains(name))
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
        IReadOnlyDictionary<string, IReadOnlyList<ParameterPattern>> a, IReadOnlyDictionary<string, IReadOnlyList<ParameterPattern>> b)
    {
        var merged = new Dictionary<string, IReadOnlyList<ParameterPattern>>(a, StringComparer.Ordinal);
        foreach (var (name, values) in b)
        {
            var both = merged.TryGetValue(name, out var mine);
            merged[name] = both && (mine!.Count == 0 || values.Count == 0) ? [] : [.. mine ?? [], .. values];
        }
        return merged;
    }
}
