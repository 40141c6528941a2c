using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kist.Engines.Database.Statements;

/// <summary>A statement list that is itself JSON.</summary>
[JsonSerializable(typeof(string[]))]
internal sealed partial class StatementJson : JsonSerializerContext;

/// <summary>A list of statements, or one string that is one entry of it: statements have commas of their own.</summary>
internal sealed class StatementListConverter : JsonConverter<IReadOnlyList<string>>
{
    public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString() is { Length: > 0 } one ? [one] : [];
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException();
        var list = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String)
                throw new JsonException();
            if (reader.GetString() is { Length: > 0 } entry)
                list.Add(entry);
        }
        return list;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var entry in value)
            writer.WriteStringValue(entry);
        writer.WriteEndArray();
    }
}
