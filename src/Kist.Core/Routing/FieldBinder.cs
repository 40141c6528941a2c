using System.Buffers;
using System.Text.Json;
using Kist.Core.Pipeline;

namespace Kist.Core.Routing;

/// <summary>
/// Gathers a route's fields from path, body and query into one JSON object, which the request record is read from; the first of them wins. Unknown
/// fields are left out and named in a warning. The object may hold secrets: who reads the record from it wipes it.
/// </summary>
internal static class FieldBinder
{
    // Room for the path and the query as they mostly are.
    private const int Texts = 512;

    // The writer asks for as much when it begins anew.
    private const int Least = 512;

    public static ReadOnlyMemory<byte> Bind(RequestContext context, JsonBody body)
    {
        var route = context.Route;
        if (!route.HasFields)
            return default;
        var buffer = new ArrayBufferWriter<byte>(Texts + (route.FreeBody ? 0 : RoomFor(body)));
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        for (var i = 0; i < context.Parameters.Count; i++)
        {
            var (name, value) = context.Parameters.At(i);
            if (route.Fields.ContainsKey(name))
                writer.WriteString(name, value);
        }
        WriteQuery(writer, context, body);
        if (!route.FreeBody)
        {
            // What stands so far may have outgrown the buffer and left copies. The body, which has the secrets, must not.
            writer.Flush();
            _ = buffer.GetMemory(RoomFor(body));
            WriteMembers(writer, context, body);
        }
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    // As much as the writer asks for at most: three bytes for each character of a name, and a value as it is, with what stands between them.
    private static int RoomFor(JsonBody body)
    {
        const int Punctuation = 8;
        var room = Least;
        foreach (var member in body.Members)
            room += (3 * member.Name.Length) + member.Value.Length + Punctuation;
        return room;
    }

    private static void WriteMembers(Utf8JsonWriter writer, RequestContext context, JsonBody body)
    {
        List<string>? unknown = null;
        foreach (var member in body.Members)
        {
            if (!context.Route.Fields.TryGetValue(member.Name, out var field))
                (unknown ??= []).Add(member.Name);
            else if (!context.Parameters.Has(member.Name) && (field.TakesNull || !member.Value.Span.SequenceEqual("null"u8)))
            {
                writer.WritePropertyName(member.Name);
                writer.WriteRawValue(member.Value.Span, skipInputValidation: true);
            }
        }
        if (unknown is not null)
            context.Warn($"Endpoint ignored these unrecognized parameters: [{string.Join(' ', unknown.Order(StringComparer.Ordinal))}]");
    }

    private static void WriteQuery(Utf8JsonWriter writer, RequestContext context, JsonBody body)
    {
        var query = context.Request.Query;
        for (var i = 0; i < query.Count; i++)
        {
            var name = query[i].Key;
            if (!context.Route.Fields.ContainsKey(name) || context.Parameters.Has(name) || SeenBefore(query, i) || body.Has(name))
                continue;
            writer.WritePropertyName(name);
            WriteQueryValues(writer, query, name);
        }
    }

    private static void WriteQueryValues(Utf8JsonWriter writer, IReadOnlyList<KeyValuePair<string, string>> query, string name)
    {
        var values = query.Where(pair => string.Equals(pair.Key, name, StringComparison.Ordinal)).Select(pair => pair.Value).ToList();
        if (values.Count == 1)
        {
            writer.WriteStringValue(values[0]);
            return;
        }
        writer.WriteStartArray();
        foreach (var value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    private static bool SeenBefore(IReadOnlyList<KeyValuePair<string, string>> query, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (string.Equals(query[i].Key, query[index].Key, StringComparison.Ordinal))
                return true;
        }
        return false;
    }
}
