using System.Text.Json.Serialization;

namespace Kist.Auth.Userpass.Stored;

/// <summary>The stored records' JSON, apart from the wire's: changing one never changes the other.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(UserRecord))]
[JsonSerializable(typeof(FailureRecord))]
internal sealed partial class UserpassStoredJson : JsonSerializerContext;
