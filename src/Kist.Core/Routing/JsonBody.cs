using System.Text.Json;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Routing;

/// <summary>A request body that was checked: one JSON object, valid UTF-8, no key twice, no deeper than <see cref="FieldJson.MaxDepth"/>.</summary>
internal readonly struct JsonBody
{
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
        try
        {
            return Walk(utf8);
        }
        catch (JsonException e)
        {
            return e.Message.Contains("depth", StringComparison.Ordinal)
                ? Invalid($"nests deeper than {FieldJson.MaxDepth} levels")
                : Invalid($"is not valid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
        catch (InvalidOperationException)
        {
            // The reader's answer to an escape such as \ud800 without its other half.
            return Invalid("holds a string with an invalid \\u escape");
        }
    }

    private static Outcome<JsonBody> Walk(ReadOnlyMemory<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { MaxDepth = FieldJson.MaxDepth });
        var members = new List<JsonMember>();
        var names = new Stack<HashSet<string>>();
        string? member = null;
        var start = 0;
        while (reader.Read())
        {
            if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.EndObject))
                return Invalid("must be a JSON object");
            if (reader.CurrentDepth == 1 && member is not null && start == 0)
                start = (int)reader.TokenStartIndex;
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    names.Push(new HashSet<string>(StringComparer.Ordinal));
                    break;
                case JsonTokenType.EndObject:
                    names.Pop();
                    break;
                case JsonTokenType.PropertyName:
                    var name = reader.GetString()!;
                    if (!names.Peek().Add(name))
                        return Invalid($"has the key \"{name}\" twice");
                    if (reader.CurrentDepth != 1)
                        break;
                    member = name;
                    start = 0;
                    continue;
                case JsonTokenType.String when reader.ValueIsEscaped:
                    _ = reader.GetString();
                    break;
                default:
                    break;
            }
            if (reader.CurrentDepth != 1 || member is null || reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                continue;
            members.Add(new JsonMember(member, utf8[start..(int)reader.BytesConsumed]));
            member = null;
        }
        return new JsonBody(utf8, members);
    }

    private static bool Utf8Valid(ReadOnlySpan<byte> utf8) => System.Text.Unicode.Utf8.IsValid(utf8);

    private static Failure Invalid(string what) => Failure.Invalid("request.invalid_body", $"the request body {what}");
}

/// <summary>A top-level member of a body: its name and the bytes of its value.</summary>
internal readonly record struct JsonMember(string Name, ReadOnlyMemory<byte> Value);
