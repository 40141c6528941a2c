using System.Text.Json;

namespace Kist.Wire.Kubernetes;

/// <summary>Walks through an object's fields with a reader that stands at its value.</summary>
internal readonly struct JsonFields
{
    private readonly int depth;

    private JsonFields(int depth) => this.depth = depth;

    /// <summary>Enters the object that comes next, or at which the reader stands.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static JsonFields Enter(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.None or JsonTokenType.PropertyName)
            reader.Read();
        return reader.TokenType == JsonTokenType.StartObject ? new JsonFields(reader.CurrentDepth) : throw new JsonException();
    }

    /// <summary>Goes to the next field's name; false at the object's end. The caller has read or skipped the value before.</summary>
    public bool Next(ref Utf8JsonReader reader, out string name)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == depth)
        {
            name = "";
            return false;
        }
        name = reader.GetString()!;
        return true;
    }

    /// <summary>The value of the field: a text, else empty.</summary>
    public static string Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString()!;
        reader.Skip();
        return "";
    }
}
