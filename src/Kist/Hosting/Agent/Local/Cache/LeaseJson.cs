using System.Text.Json.Serialization;

namespace Kist.Hosting.Agent.Local.Cache;

/// <summary>Texts as JSON.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class LeaseJson : JsonSerializerContext;
