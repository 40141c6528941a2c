using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kist.Crypto;

/// <summary>
/// JSON of a <see cref="SecretText"/> where nobody decided otherwise: read as a string, written as <c>[redacted]</c>. What exists to show a secret
/// says so with a converter of its own.
/// </summary>
public sealed class RedactedTextConverter : JsonConverter<SecretText>
{
    /// <inheritdoc/>
    public override SecretText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString()!);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, SecretText value, JsonSerializerOptions options) => writer.WriteStringValue("[redacted]"u8);
}
