using System.Text.Json;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Routing;

/// <summary>
/// A request body that was checked: one JSON object, valid UTF-8, no key twice, no deeper than <see cref="FieldJson.MaxDepth"/>, and within
/// <see cref="MostMembers"/> and <see cref="MostTokens"/>.
/// </summary>
internal readonly struct JsonBody
{
    /// <summary>
    /// Most members of one object. A secret has at most a mebibyte, so with so many each would have 16 bytes for its key and value.
    /// </summary>
    public const int MostMembers = 65_536;

    /// <summary>Most names, values and brackets of a whole body: more than a secret of a mebibyte can hold.</summary>
    public const int MostTokens = 1_000_000;

    private JsonBody(ReadOnlyMemory<byte> utf8, List<JsonMember> members)
    {
        Utf8 = utf8;
        Members = members;
    }

    /// <summary>The whole object; empty when there was no body.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; }

    /// <summary>The top-level members in order.</summary>
    public IReadOnlyList<JsonMember> Members { get; }

    public static JsonBody None { get; } = new(default, []);

    /// <summary>True when there is a member of that name.</summary>
    public bool Has(string name)
    {
        for (var i = 0; i < Members.Count; i++)
        {
            if (Members[i].Name == name)
                return true;
        }
        return false;
    }

    /// <summary>Checks a body. The failure says what is wrong and where, and never repeats a value.</summary>
    public static Outcome<JsonBody> Check(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Span.Trim(" \t\r\n"u8).IsEmpty)
            return None;
        if (!Utf8Valid(utf8.Span))
            return Invalid("is not valid UTF-8");
        using var keys = new JsonKeys(utf8);
        try
        {
            return Walk(utf8, keys);
        }
        catch (JsonException e)
        {
            return Invalid($"is not valid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
        catch (InvalidOperationException)
        {
            // The reader's answer to an escape such as \ud800 without its other half.
            return Invalid("holds a string with an invalid \\u escape");
        }
    }

    // Allocates for the top-level members alone, whatever stands below them.
    private static Outcome<JsonBody> Walk(ReadOnlyMemory<byte> utf8, JsonKeys keys)
    {
        var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { MaxDepth = FieldJson.MaxDepth + 1 });
        var members = new List<JsonMember>();
        var tokens = 0;
        var start = -1;
        while (reader.Read())
        {
            if (++tokens > MostTokens)
                return Invalid($"holds more than {MostTokens} names and values");
            if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.EndObject))
                return Invalid("must be a JSON object");
            if (reader.CurrentDepth >= FieldJson.MaxDepth && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                return Invalid($"nests deeper than {FieldJson.MaxDepth} levels");
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    keys.Open();
                    break;
                case JsonTokenType.EndObject when keys.Close() is { } twice:
                    return Invalid($"has the key \"{twice}\" twice");
                case JsonTokenType.PropertyName when keys.Add(ref reader) > MostMembers:
                    return Invalid($"holds an object with more than {MostMembers} members");
                case JsonTokenType.String:
                    JsonKeys.CheckEscapes(ref reader);
                    break;
                default:
                    break;
            }
            if (reader.CurrentDepth != 1)
                continue;
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                members.Add(new JsonMember(reader.GetString()!, default));
                start = -1;
                continue;
            }
            if (start < 0)
                start = (int)reader.TokenStartIndex;
            if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
                members[^1] = members[^1] with { Value = utf8[start..(int)reader.BytesConsumed] };
        }
        return new JsonBody(utf8, members);
    }

    private static bool Utf8Valid(ReadOnlySpan<byte> utf8) => System.Text.Unicode.Utf8.IsValid(utf8);

    private static Failure Invalid(string what) => Failure.Invalid("request.invalid_body", $"the request body {what}");
}

/// <summary>A top-level member of a body: its name and the bytes of its value.</summary>
internal readonly record struct JsonMember(string Name, ReadOnlyMemory<byte> Value);
