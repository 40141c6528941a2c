using System.Text.Json;
using System.Text.Json.Serialization;
using Kist.Crypto;

namespace Kist.Engines.Database.Stored;

/// <summary>The stored records' JSON, apart from the wire's: changing one never changes the other.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true, Converters = [typeof(StoredSecretConverter)])]
[JsonSerializable(typeof(ConnectionRecord))]
[JsonSerializable(typeof(RoleRecord))]
[JsonSerializable(typeof(StaticRoleRecord))]
[JsonSerializable(typeof(LeasedUser))]
internal sealed partial class DatabaseStoredJson : JsonSerializerContext;

/// <summary>A secret in a stored record, which the barrier encrypts. Everywhere else a secret writes itself as redacted.</summary>
internal sealed class StoredSecretConverter : JsonConverter<SecretText>
{
    public override SecretText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, SecretText value, JsonSerializerOptions options) => writer.WriteStringValue(value.Utf8);
}
