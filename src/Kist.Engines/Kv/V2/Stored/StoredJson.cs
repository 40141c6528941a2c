using System.Text.Json.Serialization;

namespace Kist.Engines.Kv.V2.Stored;

/// <summary>The stored records' JSON, apart from the wire's: changing one never changes the other.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(HeadRecord))]
[JsonSerializable(typeof(ConfigRecord))]
internal sealed partial class StoredJson : JsonSerializerContext;
