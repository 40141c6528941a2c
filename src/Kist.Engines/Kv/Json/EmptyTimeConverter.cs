using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kist.Engines.Kv.Json;

/// <summary>A time in RFC 3339, or an empty string for none, as the KV API writes <c>deletion_time</c>.</summary>
internal sealed class EmptyTimeConverter : JsonConverter<DateTimeOffset?>
{
    public override bool HandleNull => true;

    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null || reader.ValueTextEquals(""u8) ? null : reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options)
    {
        if (value is { } time)
            writer.WriteStringValue(time.UtcDateTime);
        else
            writer.WriteStringValue(""u8);
    }
}
