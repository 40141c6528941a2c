using System.Buffers;
using System.Text.Json;

namespace Kist.Engines.Kv.Json;

/// <summary>The shape of a secret without its values.</summary>
internal static class Subkeys
{
    /// <summary>Replaces every leaf by null: all that is no object, objects without members, and objects at <paramref name="depth"/>.</summary>
    /// <param name="data">A JSON object.</param>
    /// <param name="depth">Levels of keys to show, from 1; 0 for all.</param>
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> data, int depth)
    {
        using var document = JsonDocument.Parse(data);
        var buffer = new ArrayBufferWriter<byte>(data.Length);
        using (var writer = new Utf8JsonWriter(buffer, KvJson.Writing))
            Write(writer, document.RootElement, 1, depth == 0 ? int.MaxValue : depth);
        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, JsonElement folder, int level, int deepest)
    {
        writer.WriteStartObject();
        foreach (var member in folder.EnumerateObject())
        {
            writer.WritePropertyName(member.Name);
            if (level < deepest && member.Value.ValueKind == JsonValueKind.Object && member.Value.EnumerateObject().MoveNext())
                Write(writer, member.Value, level + 1, deepest);
            else
                writer.WriteNullValue();
        }
        writer.WriteEndObject();
    }
}
