using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Kist.Core.Routing.Fields;

/// <summary>Turns a conversion error into a failure that names the field and never its value.</summary>
internal static class FieldErrors
{
    public static Failure From(JsonException error, JsonTypeInfo type)
    {
        // "$.options.cas" → "options.cas"
        var field = error.Path is { Length: > 2 } path ? path[2..] : "";
        var reason = FieldReason.Of(error) ?? $"expected {Expected(field, type)}";
        return field.Length == 0
            ? Failure.Invalid("request.invalid_body", $"the body does not have the form of the request: {reason}")
            : Failure.Invalid("request.invalid_field", $"field \"{field}\": {reason}");
    }

    private static string Expected(string field, JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (string.Equals(property.Name, field, StringComparison.Ordinal))
                return FieldTypes.Describe(property.PropertyType).Expected;
        }
        return "another type";
    }
}
