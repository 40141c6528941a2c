using System.Globalization;
using System.Text;
using System.Text.Json;
using Kist.Wire.Hcl;

namespace Kist.Wire.Yaml;

/// <summary>Builds the tree from JSON.</summary>
internal sealed class JsonTreeReader(byte[] utf8)
{
    private int line = 1;
    private int column = 1;
    private int scanned;

    public YamlValue Read()
    {
        var options = new JsonReaderOptions { MaxDepth = YamlReader.MaxDepth, CommentHandling = JsonCommentHandling.Disallow };
        var reader = new Utf8JsonReader(utf8, options);
        try
        {
            reader.Read();
            var root = Value(ref reader);
            // Anything behind the object but white space is an error, which only another step finds.
            reader.Read();
            return root;
        }
        catch (JsonException)
        {
            throw new HclException("this is not valid JSON", At((int)reader.BytesConsumed));
        }
        catch (InvalidOperationException)
        {
            throw new HclException("a string of this JSON is no valid text", At((int)reader.TokenStartIndex));
        }
    }

    private YamlValue Value(ref Utf8JsonReader reader)
    {
        var position = At((int)reader.TokenStartIndex);
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => Map(ref reader, position),
            JsonTokenType.StartArray => List(ref reader, position),
            JsonTokenType.String => new YamlScalar(reader.GetString()!, YamlScalarKind.Text, position),
            JsonTokenType.Number => Number(Encoding.ASCII.GetString(reader.ValueSpan), position),
            JsonTokenType.True or JsonTokenType.False => new YamlScalar(Encoding.ASCII.GetString(reader.ValueSpan), YamlScalarKind.Boolean, position),
            _ => new YamlScalar("null", YamlScalarKind.Null, position),
        };
    }

    // In JSON, 1e3 is a number that no integer field takes.
    private static YamlScalar Number(string text, HclPosition position) => new(text, YamlScalarKind.Number, position)
    {
        Integer = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) ? integer : null,
    };

    private YamlMap Map(ref Utf8JsonReader reader, HclPosition position)
    {
        var entries = new List<YamlEntry>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var at = At((int)reader.TokenStartIndex);
            var key = reader.GetString()!;
            reader.Read();
            entries.Add(new YamlEntry(key, at, Value(ref reader)));
        }
        return new YamlMap(entries, position);
    }

    private YamlList List(ref Utf8JsonReader reader, HclPosition position)
    {
        var elements = new List<YamlValue>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            elements.Add(Value(ref reader));
        return new YamlList(elements, position);
    }

    // Positions are asked for in the order of the text, so each byte is looked at once.
    private HclPosition At(int offset)
    {
        for (; scanned < offset && scanned < utf8.Length; scanned++)
        {
            var b = utf8[scanned];
            (line, column) = b == '\n' ? (line + 1, 1) : (line, column + Utf16Units(b));
        }
        return new HclPosition(line, column);
    }

    // A character's first byte counts for all of it; four bytes are a surrogate pair.
    private static int Utf16Units(byte b) => b switch
    {
        >= 0xF0 => 2,
        >= 0x80 and < 0xC0 => 0,
        _ => 1,
    };
}
