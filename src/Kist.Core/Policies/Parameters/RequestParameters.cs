using System.Text.Json;

namespace Kist.Core.Policies.Parameters;

/// <summary>The top-level parameters of a request, from its body and its query, read only when a rule constrains them.</summary>
internal sealed class RequestParameters
{
    private readonly ParameterRules rules;
    private readonly List<KeyValuePair<string, ParameterValue>> values = [];
    private readonly HashSet<string> present = new(StringComparer.Ordinal);

    private RequestParameters(ParameterRules rules) => this.rules = rules;

    /// <summary>Name in lower case and value; a name that was sent twice is there twice.</summary>
    public IReadOnlyList<KeyValuePair<string, ParameterValue>> Values => values;

    /// <summary>
    /// The names, as they were sent, of those that reach a field: hardly a field reads null, nor the query when the body has its name.
    /// </summary>
    public IReadOnlySet<string> Present => present;

    /// <summary>Reads what <paramref name="rules"/> look at; null when the body is not a JSON object.</summary>
    public static RequestParameters? From(
        ReadOnlyMemory<byte> body, IReadOnlyList<KeyValuePair<string, string>> query, ParameterRules rules)
    {
        var parameters = new RequestParameters(rules);
        foreach (var (name, _) in query)
            parameters.present.Add(name);
        if (!body.IsEmpty && !parameters.TryAdd(body))
            return null;
        foreach (var (name, value) in query)
            parameters.Add(name, () => ParameterValue.From(value));
        return parameters;
    }

    private bool TryAdd(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return false;
            foreach (var property in document.RootElement.EnumerateObject())
            {
                _ = property.Value.ValueKind == JsonValueKind.Null ? present.Remove(property.Name) : present.Add(property.Name);
                Add(property.Name, () => ParameterValue.From(property.Value));
            }
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or an escape that names no character. The pipeline answers for that; here it is only not allowed.
            return false;
        }
    }

    private void Add(string name, Func<ParameterValue> value)
    {
        var lower = name.ToLowerInvariant();
        values.Add(new(lower, rules.LooksAt(lower) ? value() : ParameterValue.Unread));
    }
}
