using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kist.Commands.Rendering;

/// <summary>Writes JSON for people and programs: indented by two, with no needless escapes.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A document.</summary>
    public static string Render(JsonElement value) => Write(value, Options) + "\n";

    /// <summary>A value on one line.</summary>
    public static string Line(JsonElement value) => Write(value, Options with { Indented = false });

    /// <summary>Texts as an array.</summary>
    public static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(static t => (JsonNode)JsonValue.Create(t))]);

    /// <summary>A value that we put together ourselves, as one that can be shown.</summary>
    public static JsonElement ToElement(JsonNode node) => JsonElement.Parse(node.ToJsonString());

    private static string Write(JsonElement value, JsonWriterOptions options)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, options))
            value.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
