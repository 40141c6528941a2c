using Kist.Core;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;

namespace Kist.Engines.Kv.V1;

/// <summary>The routes of version 1.</summary>
internal static class KvV1Routes
{
    public static RouteTable Build()
    {
        const string path = "{path**}";
        var map = new RouteMap(KvJson.Create());
        map.Read<Nothing, RawJson>(path, SecretEndpoints.ReadAsync, "Reads a secret.");
        map.Write<Nothing, Nothing>(path, SecretEndpoints.WriteAsync, "Writes a secret: the body's fields are its key/value pairs.")
            .TakesFreeBody()
            .CreatesUnless(SecretEndpoints.ExistsAsync);
        map.Delete<Nothing, Nothing>(path, SecretEndpoints.DeleteAsync, "Deletes a secret.");
        map.List<ListRequest, ListResponse>(path, SecretEndpoints.ListAsync, "Lists the secrets and folders of a folder.");
        map.Scan<ListRequest, ListResponse>(path, SecretEndpoints.ScanAsync, "Lists all secrets below a folder.");
        return map.Build();
    }
}
