using System.Text.Json.Serialization;

namespace Kist.Engines.Transit.Stored;

/// <summary>The stored records' JSON, apart from the wire's: changing one never changes the other.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(KeyRecord))]
[JsonSerializable(typeof(VersionRecord))]
[JsonSerializable(typeof(VersionAge))]
[JsonSerializable(typeof(KeysConfigRecord))]
internal sealed partial class TransitStoredJson : JsonSerializerContext;
