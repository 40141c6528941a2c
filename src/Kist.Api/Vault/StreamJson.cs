using System.Text.Json.Serialization;
using Kist.Core.Sys;

namespace Kist.Api.Vault;

/// <summary>What stands in events.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WatchedChange))]
[JsonSerializable(typeof(string))]
internal sealed partial class StreamJson : JsonSerializerContext;
