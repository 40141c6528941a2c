using System.Text.Json.Serialization;
using Kist.Core.Routing.Fields;
using Kist.Engines.Transit.Data;
using Kist.Engines.Transit.Keys;

namespace Kist.Engines.Transit;

/// <summary>The wire's JSON.</summary>
[JsonSerializable(typeof(ListKeysRequest))]
[JsonSerializable(typeof(KeyNames))]
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(KeyResponse))]
[JsonSerializable(typeof(CreateKeyRequest))]
[JsonSerializable(typeof(ConfigureKeyRequest))]
[JsonSerializable(typeof(TrimKeyRequest))]
[JsonSerializable(typeof(ExportKeyRequest))]
[JsonSerializable(typeof(ExportedKey))]
[JsonSerializable(typeof(KeysConfigRequest))]
[JsonSerializable(typeof(KeysConfigResponse))]
[JsonSerializable(typeof(EncryptRequest))]
[JsonSerializable(typeof(EncryptResponse))]
[JsonSerializable(typeof(DecryptRequest))]
[JsonSerializable(typeof(DecryptResponse))]
[JsonSerializable(typeof(RewrapRequest))]
[JsonSerializable(typeof(DataKeyRequest))]
[JsonSerializable(typeof(DataKeyResponse))]
internal sealed partial class TransitJson : JsonSerializerContext
{
    /// <summary>With the accepted forms of fields.</summary>
    public static TransitJson Create() => new(FieldJson.Options());
}
