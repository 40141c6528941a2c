using Kist.Crypto;

namespace Kist.Core.Routing.Fields;

/// <summary>How a field's type is called in help, OpenAPI and errors.</summary>
/// <param name="Name">Vault's name for help (<c>duration</c>).</param>
/// <param name="OpenApi">The OpenAPI type.</param>
/// <param name="Expected">For "expected …" in an error.</param>
/// <param name="Items">The OpenAPI type of a list's elements.</param>
internal readonly record struct FieldType(string Name, string OpenApi, string Expected, string Items = "string");

internal static class FieldTypes
{
    public static FieldType Describe(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return new("string", "string", "a string");
        if (type == typeof(SecretText))
            return new("string (secret)", "string", "a string");
        if (type == typeof(bool))
            return new("bool", "boolean", "true or false");
        if (type == typeof(int) || type == typeof(long))
            return new("int", "integer", "a whole number");
        if (type == typeof(TimeSpan))
            return new("duration", "integer", "a duration such as \"1h30m\" or a number of seconds");
        if (type == typeof(DateTimeOffset))
            return new("time", "string", "a time such as \"2026-01-31T12:00:00Z\"");
        if (type == typeof(IReadOnlyList<string>))
            return new("list of strings", "array", "a list of strings, or one string with commas");
        if (type == typeof(IReadOnlyList<int>))
            return new("list of numbers", "array", "a list of whole numbers", "integer");
        if (type == typeof(IReadOnlyList<SecretText>))
            return new("list of strings (secret)", "array", "a list of strings");
        if (type == typeof(IReadOnlyDictionary<string, string>))
            return new("map of strings", "object", "an object with string values, or k=v pairs");
        if (type == typeof(IReadOnlyDictionary<string, SecretText>))
            return new("map of strings (secret)", "object", "an object with string values");
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return new("list of objects", "array", "a list of objects", "object");
        return type == typeof(RawJson) ? new("any", "object", "any value") : new("object", "object", "an object");
    }
}
