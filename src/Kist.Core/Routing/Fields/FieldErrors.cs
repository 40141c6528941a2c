using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Kist.Core.Routing.Fields;

/// <summary>Turns a conversion error into a message that names the field and never its value.</summary>
internal static class FieldErrors
{
    public static Failure From(JsonException error, JsonTypeInfo type)
    {
        var field = error.Path is { Length: > 2 } path ? path[2..] : "";
        // Our converters throw messages made for the caller; the serializer's own mention CLR types.
        var reason = error.Data.Contains(FieldJson.ForCaller) ? error.Message : "has the wrong type";
        return field.Length == 0
            ? Failure.Invalid("request.invalid_body", $"the body does not fit {type.Type.Name}: {reason}")
            : Failure.Invalid("request.invalid_field", $"field \"{field}\": {reason}");
    }
}
