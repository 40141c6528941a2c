using System.Text.Json.Serialization;

namespace Kist.Auth.AppRole.Stored;

/// <summary>The stored records' JSON, apart from the wire's: changing one never changes the other.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(RoleRecord))]
[JsonSerializable(typeof(RoleIdRecord))]
[JsonSerializable(typeof(SecretIdRecord))]
[JsonSerializable(typeof(AccessorRecord))]
internal sealed partial class AppRoleStoredJson : JsonSerializerContext;
