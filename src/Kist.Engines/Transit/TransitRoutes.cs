using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Engines.Transit.Data;
using Kist.Engines.Transit.Keys;

namespace Kist.Engines.Transit;

/// <summary>The routes of the engine.</summary>
internal static class TransitRoutes
{
    public static RouteTable Build(TimeProvider clock)
    {
        var map = new RouteMap(TransitJson.Create());
        var racing = new Racing(clock);
        AddKeys(map, clock, racing);
        AddData(map, clock, racing);
        return map.Build();
    }

    private static void AddKeys(RouteMap map, TimeProvider clock, Racing racing)
    {
        const string key = "keys/{name}";
        var settings = new KeysConfigEndpoints(racing);
        map.List<ListKeysRequest, KeyNames>("keys", ListKeys.HandleAsync, "Lists the names of the keys.");
        map.Write<CreateKeyRequest, KeyResponse>(key, new CreateKey(clock, racing).HandleAsync, "Makes a key; one that exists stays as it is.");
        map.Read<KeyRequest, KeyResponse>(key, ReadKey.HandleAsync, "Reads settings and versions of a key, never the key itself.");
        map.Delete<KeyRequest, Nothing>(key, new DeleteKey(racing).HandleAsync, "Deletes a key for good, when its settings allow it.");
        map.Write<ConfigureKeyRequest, KeyResponse>(key + "/config", new ConfigureKey(racing).HandleAsync, "Changes settings of a key.");
        map.Write<KeyRequest, KeyResponse>(key + "/rotate", new RotateKey(clock, racing).HandleAsync, "Adds a version to a key, which encrypts from then on.");
        map.Write<TrimKeyRequest, KeyResponse>(key + "/trim", new TrimKey(racing).HandleAsync, "Destroys the oldest versions of a key for good.");
        map.Read<ExportKeyRequest, ExportedKey>("export/{key_type}/{name}", ExportKey.HandleAsync, "Reads all usable versions of an exportable key.");
        map.Read<ExportKeyRequest, ExportedKey>("export/{key_type}/{name}/{version}", ExportKey.HandleAsync, "Reads one version of an exportable key.");
        map.Read<Nothing, KeysConfigResponse>("config/keys", KeysConfigEndpoints.ReadAsync, "Reads the settings for all keys of the mount.");
        map.Write<KeysConfigRequest, KeysConfigResponse>("config/keys", settings.WriteAsync, "Changes the settings for all keys of the mount.");
    }

    private static void AddData(RouteMap map, TimeProvider clock, Racing racing)
    {
        map.Write<EncryptRequest, EncryptResponse>(
            "encrypt/{name}", new Encrypt(clock, racing).HandleAsync, "Encrypts a plaintext or a batch; makes the key if there is none and the caller may.")
            .CreatesUnless(Encrypt.KeyExistsAsync);
        map.Write<DecryptRequest, DecryptResponse>("decrypt/{name}", new Decrypt(racing).HandleAsync, "Decrypts a ciphertext or a batch.");
        map.Write<RewrapRequest, EncryptResponse>(
            "rewrap/{name}", new Rewrap(racing).HandleAsync, "Encrypts a ciphertext or a batch anew under the latest version, without showing the plaintext.");
        var dataKeys = new DataKey(racing);
        map.Write<DataKeyRequest, DataKeyResponse>(
            "datakey/plaintext/{name}", dataKeys.PlaintextAsync, "Makes a data key, in clear and encrypted under the named key.");
        map.Write<DataKeyRequest, DataKeyResponse>("datakey/wrapped/{name}", dataKeys.WrappedAsync, "Makes a data key, encrypted under the named key only.");
    }
}
