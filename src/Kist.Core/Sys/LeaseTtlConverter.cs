using System.Text.Json;
using System.Text.Json.Serialization;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Sys;

/// <summary>
/// A TTL of a mount. Unlike other durations, an empty string is no value, because Go clients send one for each TTL that they do not set;
/// <c>system</c> is the server's own, stored as zero.
/// </summary>
internal sealed class LeaseTtlConverter : JsonConverter<TimeSpan?>
{
    private static readonly DurationFieldConverter Duration = new();

    public override TimeSpan? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(""u8))
            return null;
        return reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("system"u8)
            ? TimeSpan.Zero
            : Duration.Read(ref reader, typeof(TimeSpan), options);
    }

    public override void Write(Utf8JsonWriter writer, TimeSpan? value, JsonSerializerOptions options)
    {
        if (value is { } ttl)
            Duration.Write(writer, ttl, options);
        else
            writer.WriteNullValue();
    }
}
