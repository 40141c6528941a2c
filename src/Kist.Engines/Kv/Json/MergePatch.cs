using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Kist.Engines.Kv.Json;

/// <summary>JSON merge patch (RFC 7396). Values that the patch leaves alone keep their bytes, so numbers keep their digits.</summary>
internal static class MergePatch
{
    /// <summary>Applies a patch.</summary>
    /// <param name="target">Valid JSON, or empty for nothing.</param>
    /// <param name="patch">Valid JSON.</param>
    /// <returns>The patched JSON.</returns>
    public static ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> target, ReadOnlyMemory<byte> patch)
    {
        using var was = target.IsEmpty ? null : JsonDocument.Parse(target);
        using var change = JsonDocument.Parse(patch);
        var buffer = new ArrayBufferWriter<byte>(target.Length + patch.Length);
        using (var writer = new Utf8JsonWriter(buffer, KvJson.Writing))
            Merge(writer, was?.RootElement, change.RootElement);
        return buffer.WrittenMemory;
    }

    private static void Merge(Utf8JsonWriter writer, JsonElement? target, JsonElement patch)
    {
        if (patch.ValueKind != JsonValueKind.Object)
        {
            Copy(writer, patch);
            return;
        }
        // What is left here after the target's own members is new.
        var changes = patch.EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        writer.WriteStartObject();
        if (target is { ValueKind: JsonValueKind.Object } was)
        {
            foreach (var member in was.EnumerateObject())
            {
                if (!changes.Remove(member.Name, out var change))
                    Write(writer, member.Name, member.Value);
                else if (change.ValueKind != JsonValueKind.Null)
                    MergeMember(writer, member.Name, member.Value, change);
            }
        }
        foreach (var member in patch.EnumerateObject())
        {
            if (changes.ContainsKey(member.Name) && member.Value.ValueKind != JsonValueKind.Null)
                MergeMember(writer, member.Name, null, member.Value);
        }
        writer.WriteEndObject();
    }

    private static void MergeMember(Utf8JsonWriter writer, string name, JsonElement? target, JsonElement patch)
    {
        writer.WritePropertyName(name);
        Merge(writer, target, patch);
    }

    private static void Write(Utf8JsonWriter writer, string name, JsonElement value)
    {
        writer.WritePropertyName(name);
        Copy(writer, value);
    }

    private static void Copy(Utf8JsonWriter writer, JsonElement value) =>
        writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
}
