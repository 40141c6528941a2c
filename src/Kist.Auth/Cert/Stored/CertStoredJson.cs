using System.Text.Json.Serialization;

namespace Kist.Auth.Cert.Stored;

/// <summary>The stored records' JSON, apart from the wire's: changing one never changes the other.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(RoleRecord))]
[JsonSerializable(typeof(CrlRecord))]
[JsonSerializable(typeof(ConfigRecord))]
internal sealed partial class CertStoredJson : JsonSerializerContext;
