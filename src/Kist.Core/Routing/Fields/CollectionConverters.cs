using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kist.Core.Routing.Fields;

/// <summary>A list of strings (numbers and booleans converted), or one string with commas; an empty string is an empty list.</summary>
internal sealed class StringListFieldConverter : JsonConverter<IReadOnlyList<string>>
{
    private const string Form = "a list of strings, or one string with commas";

    public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is JsonTokenType.Number)
            return [StringFieldConverter.Convert(ref reader)];
        if (reader.TokenType is JsonTokenType.String)
            return FieldForms.Parts(reader.GetString()!);
        if (reader.TokenType is not JsonTokenType.StartArray)
            throw FieldReason.Expected(Form);
        var list = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            list.Add(StringFieldConverter.Convert(ref reader));
        return list;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var item in value)
            writer.WriteStringValue(item);
        writer.WriteEndArray();
    }
}

/// <summary>A list of whole numbers in their accepted forms, one such number, or one string with commas.</summary>
internal sealed class Int32ListFieldConverter : JsonConverter<IReadOnlyList<int>>
{
    private const string Form = "a list of whole numbers";

    public override IReadOnlyList<int> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is JsonTokenType.Number)
            return [Int32FieldConverter.Convert(ref reader)];
        if (reader.TokenType is JsonTokenType.String)
        {
            return [.. FieldForms.Parts(reader.GetString()!)
                .Select(part => int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw FieldReason.Expected(Form))];
        }
        if (reader.TokenType is not JsonTokenType.StartArray)
            throw FieldReason.Expected(Form);
        var list = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            list.Add(Int32FieldConverter.Convert(ref reader));
        return list;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<int> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var item in value)
            writer.WriteNumberValue(item);
        writer.WriteEndArray();
    }
}

/// <summary>An object whose values convert to strings, a list of <c>k=v</c>, or one string of <c>k=v</c> with commas.</summary>
internal sealed class StringMapFieldConverter : JsonConverter<IReadOnlyDictionary<string, string>>
{
    private const string Form = "an object with string values, or k=v pairs";

    public override IReadOnlyDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var key = reader.GetString()!;
                    reader.Read();
                    map[key] = StringFieldConverter.Convert(ref reader);
                }
                return map;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    AddPair(map, reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw FieldReason.Expected(Form));
                return map;
            case JsonTokenType.String:
                foreach (var pair in FieldForms.Parts(reader.GetString()!))
                    AddPair(map, pair);
                return map;
            default:
                throw FieldReason.Expected(Form);
        }
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (key, item) in value)
            writer.WriteString(key, item);
        writer.WriteEndObject();
    }

    private static void AddPair(Dictionary<string, string> map, string pair)
    {
        var (key, value) = FieldForms.Pair(pair) ?? throw FieldReason.Expected(Form);
        map[key] = value;
    }
}
