using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Engines.Kv.V2.Rotation;

namespace Kist.Engines.Kv.V2;

/// <summary>The routes of version 2.</summary>
internal static class KvV2Routes
{
    public static RouteTable Build(TimeProvider clock, Rotator rotator)
    {
        var json = KvJson.Create();
        var map = new RouteMap(json);
        var racing = new Racing(clock);
        var config = new ConfigEndpoints(racing);
        map.Read<Nothing, ConfigResponse>("config", ConfigEndpoints.ReadAsync, "Reads the settings of the mount.");
        map.Write<ConfigRequest, Nothing>("config", config.WriteAsync, "Sets the settings of the mount, for every secret without its own.");
        AddData(map, clock, racing);
        AddVersions(map, clock, racing);
        AddMetadata(map, clock, racing, json);
        AddRotation(map, new RotationEndpoints(rotator, clock, racing));
        return map.Build();
    }

    private static void AddData(RouteMap map, TimeProvider clock, Racing racing)
    {
        const string data = "data/{path**}";
        map.Read<ReadDataRequest, ReadDataResponse>(data, new ReadData(clock).HandleAsync, "Reads a version of a secret, by default the latest.");
        map.Write<WriteDataRequest, VersionMetadata>(data, new WriteData(clock, racing).HandleAsync, "Writes a new version of a secret.")
            .CreatesUnless(WriteData.ExistsAsync);
        map.Patch<WriteDataRequest, VersionMetadata>(
            data, new PatchData(clock, racing).HandleAsync, "Merges into the latest version (RFC 7396) and writes the result as a new one.");
        map.Delete<SecretRequest, Nothing>(data, new DeleteData(clock, racing).HandleAsync, "Marks the latest version as deleted.");
        map.Read<ReadSubkeysRequest, ReadSubkeysResponse>(
            "subkeys/{path**}", new ReadSubkeys(clock).HandleAsync, "Reads the keys of a secret without its values.");
    }

    private static void AddVersions(RouteMap map, TimeProvider clock, Racing racing)
    {
        var states = new VersionStates(clock, new VersionEdits(racing));
        map.Write<VersionsRequest, Nothing>("delete/{path**}", states.DeleteAsync, "Marks versions as deleted.");
        map.Write<VersionsRequest, Nothing>("undelete/{path**}", states.UndeleteAsync, "Makes deleted versions readable again.");
        map.Write<VersionsRequest, Nothing>("destroy/{path**}", states.DestroyAsync, "Removes the data of versions for good.");
    }

    private static void AddMetadata(RouteMap map, TimeProvider clock, Racing racing, KvJson json)
    {
        const string metadata = "metadata/{path**}";
        const string detailed = "detailed-metadata/{path**}";
        map.Read<SecretRequest, MetadataResponse>(metadata, ReadMetadata.HandleAsync, "Reads settings, labels and all versions' states of a secret.");
        map.Write<WriteMetadataRequest, Nothing>(
            metadata, new WriteMetadata(clock, racing).HandleAsync, "Sets settings and labels of a secret, which is made if there is none.")
            .CreatesUnless(WriteData.ExistsAsync);
        map.Patch<PatchMetadataRequest, Nothing>(
            metadata, new PatchMetadata(racing, json).HandleAsync, "Changes settings and labels of a secret by a merge patch (RFC 7396).");
        map.Delete<SecretRequest, Nothing>(metadata, new DeleteMetadata(racing).HandleAsync, "Removes a secret and all its versions for good.");
        map.List<ListRequest, ListResponse>(metadata, ListMetadata.ListAsync, "Lists the secrets and folders of a folder.");
        map.Scan<ListRequest, ListResponse>(metadata, ListMetadata.ScanAsync, "Lists all secrets below a folder.");
        map.List<ListRequest, DetailedListResponse>(
            detailed, DetailedMetadata.ListAsync, "Lists a folder with the metadata of its secrets, at most 1,000 names.");
        map.Scan<ListRequest, DetailedListResponse>(
            detailed, DetailedMetadata.ScanAsync, "Lists all secrets below a folder with their metadata, at most 1,000.");
    }

    private static void AddRotation(RouteMap map, RotationEndpoints endpoints)
    {
        const string rotation = "rotation/{path**}";
        map.Read<SecretRequest, RotationResponse>(
            rotation, RotationEndpoints.ReadAsync, "Reads the rotation rule of a secret, and where its rotation stands.");
        map.Write<RotationRequest, RotationResponse>(rotation, endpoints.WriteAsync, "Sets the rotation rule of a secret, in place of any before.")
            .CreatesUnless(RotationEndpoints.ExistsAsync);
        map.Delete<DeleteRotationRequest, Nothing>(rotation, endpoints.DeleteAsync, "Deletes the rotation rule of a secret; the secret stays.");
        map.List<ListRequest, ListResponse>(rotation, RotationEndpoints.ListAsync, "Lists the secrets of a folder that have rotation rules.");
        map.Write<SecretRequest, RotationResponse>(
            "rotate/{path**}", endpoints.RotateAsync, "Rotates a secret now, or brings to its end what is under way, and answers when it is done.");
    }
}
