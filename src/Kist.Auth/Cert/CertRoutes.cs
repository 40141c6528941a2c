using Kist.Auth.Cert.Crls;
using Kist.Auth.Cert.Logins;
using Kist.Auth.Cert.Revocation;
using Kist.Auth.Cert.Roles;
using Kist.Core;
using Kist.Core.Logins;
using Kist.Core.Routing;

namespace Kist.Auth.Cert;

/// <summary>The routes of the method.</summary>
internal static class CertRoutes
{
    public static RouteTable Build(TimeProvider clock, RoleJudge judge, RevocationHttp http)
    {
        var map = new RouteMap(CertJson.Create());
        const string role = "certs/{name}";
        map.List<ListRequest, NameList>("certs", ListNames.RolesAsync, "Lists the names of the roles.");
        map.Read<NamedRequest, RoleResponse>(role, RoleEndpoints.ReadAsync, "Reads a role.");
        map.Write<RoleRequest, Nothing>(role, new WriteRole(clock).HandleAsync, "Writes a role: whose certificates it trusts, and what tokens it gives.");
        map.Delete<NamedRequest, Nothing>(role, RoleEndpoints.DeleteAsync, "Deletes a role; its tokens cannot be renewed any more.");
        const string crl = "crls/{name}";
        map.List<ListRequest, NameList>("crls", ListNames.CrlsAsync, "Lists the names of the revocation lists.");
        map.Read<NamedRequest, CrlResponse>(crl, new ReadCrl(clock).HandleAsync, "Reads the serial numbers of a revocation list, and until when it is good.");
        map.Write<CrlRequest, Nothing>(crl, new WriteCrl(http, clock).HandleAsync, "Writes a revocation list, or where to fetch it.");
        map.Delete<NamedRequest, Nothing>(crl, CrlEndpoints.DeleteAsync, "Deletes a revocation list.");
        map.Read<Nothing, ConfigResponse>("config", ConfigEndpoints.ReadAsync, "Reads the settings of the method.");
        map.Write<ConfigRequest, Nothing>("config", ConfigEndpoints.WriteAsync, "Changes the settings of the method.");
        map.Write<LoginRequest, Login>("login", new LoginEndpoint(judge).HandleAsync, "Logs in with the client certificate of the connection.")
            .AllowUnauthenticated();
        return map.Build();
    }
}
