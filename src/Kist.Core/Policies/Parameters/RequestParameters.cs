using System.Text.Json;

namespace Kist.Core.Policies.Parameters;

/// <summary>The top-level parameters of a request, from its body and its query, read only when a rule constrains them.</summary>
internal sealed class RequestParameters
{
    private RequestParameters(List<KeyValuePair<string, ParameterValue>> values)
    {
        Values = values;
        Names = values.Select(v => v.Key).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Name in lower case and value; a name that was sent twice is there twice.</summary>
    public IReadOnlyList<KeyValuePair<string, ParameterValue>> Values { get; }

    /// <summary>The names in lower case.</summary>
    public IReadOnlySet<string> Names { get; }

    /// <summary>Reads them; null when the body is not a JSON object.</summary>
    public static RequestParameters? From(ReadOnlyMemory<byte> body, IReadOnlyList<KeyValuePair<string, string>> query)
    {
        var values = new List<KeyValuePair<string, ParameterValue>>();
        foreach (var (name, value) in query)
            values.Add(new(name.ToLowerInvariant(), ParameterValue.From(value)));
        if (body.IsEmpty)
            return new RequestParameters(values);
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return null;
            foreach (var property in document.RootElement.EnumerateObject())
                values.Add(new(property.Name.ToLowerInvariant(), ParameterValue.From(property.Value)));
            return new RequestParameters(values);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or an escape that names no character. The pipeline answers for that; here it is only not allowed.
            return null;
        }
    }
}
