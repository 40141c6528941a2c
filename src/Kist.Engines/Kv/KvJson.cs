using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kist.Core.Routing.Fields;
using Kist.Engines.Kv.V2;
using Kist.Engines.Kv.V2.Rotation;

namespace Kist.Engines.Kv;

/// <summary>The wire's JSON of both versions.</summary>
[JsonSerializable(typeof(RawJson))]
[JsonSerializable(typeof(ListRequest))]
[JsonSerializable(typeof(ListResponse))]
[JsonSerializable(typeof(SecretRequest))]
[JsonSerializable(typeof(ConfigRequest))]
[JsonSerializable(typeof(ConfigResponse))]
[JsonSerializable(typeof(ReadDataRequest))]
[JsonSerializable(typeof(ReadDataResponse))]
[JsonSerializable(typeof(ReadSubkeysRequest))]
[JsonSerializable(typeof(ReadSubkeysResponse))]
[JsonSerializable(typeof(WriteDataRequest))]
[JsonSerializable(typeof(VersionMetadata))]
[JsonSerializable(typeof(VersionsRequest))]
[JsonSerializable(typeof(MetadataResponse))]
[JsonSerializable(typeof(WriteMetadataRequest))]
[JsonSerializable(typeof(PatchMetadataRequest))]
[JsonSerializable(typeof(DetailedListResponse))]
[JsonSerializable(typeof(RotationRequest))]
[JsonSerializable(typeof(RotationResponse))]
[JsonSerializable(typeof(DeleteRotationRequest))]
internal sealed partial class KvJson : JsonSerializerContext
{
    /// <summary>How JSON is written that Kist composes itself: no escapes that only HTML needs.</summary>
    public static JsonWriterOptions Writing { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>With the accepted forms of fields.</summary>
    public static KvJson Create() => new(FieldJson.Options());
}
