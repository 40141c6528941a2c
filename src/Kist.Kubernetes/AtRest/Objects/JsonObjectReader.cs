using System.Text.Json;
using Kist.Crypto;

namespace Kist.Kubernetes.AtRest.Objects;

/// <summary>Reads an object that is stored as JSON. Null when it is malformed, or when what is looked at has another type.</summary>
internal static class JsonObjectReader
{
    // What the API server itself allows.
    private const int MaxDepth = 10_000;

    public static StoredObject? Read(ReadOnlySpan<byte> plaintext)
    {
        var reader = new Utf8JsonReader(plaintext, new JsonReaderOptions { MaxDepth = MaxDepth });
        var value = new ObjectBuilder(StoredEncoding.Json);
        try
        {
            reader.Read();
            var sound = JsonFields.Each(ref reader, value, ReadField);
            // Anything behind the object but white space is an error, which only another step finds.
            return sound && !reader.Read() && Settle(plaintext, value) ? value.Build() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool ReadField(ref Utf8JsonReader reader, string name, ObjectBuilder value)
    {
        switch (name)
        {
            case "apiVersion":
                return JsonFields.TryText(ref reader, text => value.ApiVersion = text);
            case "kind":
                return JsonFields.TryText(ref reader, text => value.Kind = text);
            case "metadata":
                return JsonFields.Each(ref reader, value, JsonMetadata.ReadField);
            // Custom resources may use the names below for anything.
            case "type" when reader.TokenType == JsonTokenType.String:
                return JsonFields.TryText(ref reader, text => value.Type = text);
            case "immutable" when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                value.Immutable = reader.TokenType == JsonTokenType.True;
                return true;
            case "data" when reader.TokenType == JsonTokenType.StartObject:
                return JsonFields.Each(ref reader, value.Data, JsonFields.AddText);
            case "binaryData" when reader.TokenType == JsonTokenType.StartObject:
                return JsonFields.Each(ref reader, value.BinaryData, JsonFields.AddText);
            default:
                reader.Skip();
                return true;
        }
    }

    // Only once the kind is known, which may stand last, is it known what the fields were.
    private static bool Settle(ReadOnlySpan<byte> plaintext, ObjectBuilder value)
    {
        if (value.IsSecret)
            return ToBase64(plaintext, value.Data);
        value.Type = "";
        if (value.IsConfigMap)
            return ToBase64(plaintext, value.BinaryData);
        value.Immutable = null;
        value.Data.Clear();
        value.BinaryData.Clear();
        return true;
    }

    private static bool ToBase64(ReadOnlySpan<byte> plaintext, List<StoredField> fields)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            var field = fields[i];
            if (!TryMeasure(plaintext.Slice(field.Offset, field.Length), out var size))
                return false;
            fields[i] = field with { Form = StoredForm.JsonBase64, Size = size };
        }
        return true;
    }

    // No writer escapes what base64 consists of, but line breaks in it could stand as escapes.
    private static bool TryMeasure(ReadOnlySpan<byte> written, out int size)
    {
        if (!JsonFields.HasEscapes(written))
            return GoBase64.TryMeasure(written, out size);
        size = 0;
        using var text = new SecretBuffer();
        return JsonFields.TryUnescape(written, text) && GoBase64.TryMeasure(text.Written, out size);
    }
}
