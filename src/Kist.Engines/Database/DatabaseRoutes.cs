using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Engines.Database.Connections;
using Kist.Engines.Database.Names;
using Kist.Engines.Database.Roles;
using Kist.Engines.Database.StaticRoles;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database;

/// <summary>The routes of the engine.</summary>
internal static class DatabaseRoutes
{
    public static RouteTable Build(ConnectionPool pool, StaticRotation rotation, Racing racing, TimeProvider clock)
    {
        var map = new RouteMap(DatabaseJson.Create());
        AddConnections(map, new ConnectionEndpoints(pool, racing, clock), new RotateRoot(pool, clock));
        AddRoles(map, new RoleEndpoints(racing), new CredsEndpoint(pool, clock));
        AddStaticRoles(map, new StaticRoleEndpoints(rotation, racing, clock));
        return map.Build();
    }

    private static void AddConnections(RouteMap map, ConnectionEndpoints connections, RotateRoot root)
    {
        const string connection = "config/{name}";
        map.List<ListNamesRequest, NamesResponse>("config", ListNames.In(DatabaseStore.Connections), "Lists the names of the connections.");
        map.Write<ConnectionRequest, Nothing>(connection, connections.WriteAsync, "Makes a connection to a database, or changes one.")
            .CreatesUnless(ConnectionEndpoints.ExistsAsync);
        map.Read<NameRequest, ConnectionResponse>(connection, connections.ReadAsync, "Reads the settings of a connection, never its password.");
        map.Delete<NameRequest, Nothing>(connection, connections.DeleteAsync, "Deletes a connection. Users that have leases by it cannot be ended any more.");
        map.Write<NameRequest, Nothing>("reset/{name}", connections.ResetAsync, "Closes a connection on this server, to open it anew.");
        map.Write<ReloadRequest, ReloadResponse>(
            "reload/{plugin_name}", connections.ReloadAsync, "Closes all connections of one kind on this server, to open them anew.");
        map.Write<NameRequest, Nothing>("rotate-root/{name}", root.HandleAsync, "Gives the connection's own user a password that nobody knows.");
    }

    private static void AddRoles(RouteMap map, RoleEndpoints roles, CredsEndpoint creds)
    {
        const string role = "roles/{name}";
        map.List<ListNamesRequest, NamesResponse>("roles", ListNames.In(DatabaseStore.Roles), "Lists the names of the roles.");
        map.Write<RoleRequest, Nothing>(role, roles.WriteAsync, "Makes a role, by which users are made, or changes one.")
            .CreatesUnless(RoleEndpoints.ExistsAsync);
        map.Read<NameRequest, RoleResponse>(role, RoleEndpoints.ReadAsync, "Reads a role.");
        map.Delete<NameRequest, Nothing>(role, RoleEndpoints.DeleteAsync, "Deletes a role. Its users live until their leases end.");
        map.Read<NameRequest, CredsResponse>("creds/{name}", creds.HandleAsync, "Makes a user that lives as long as its lease.").IssuesSecrets();
    }

    private static void AddStaticRoles(RouteMap map, StaticRoleEndpoints roles)
    {
        const string role = "static-roles/{name}";
        map.List<ListNamesRequest, NamesResponse>("static-roles", ListNames.In(DatabaseStore.StaticRoles), "Lists the names of the static roles.");
        map.Write<StaticRoleRequest, Nothing>(role, roles.WriteAsync, "Takes over the password of a user of the database, or changes how it is rotated.")
            .CreatesUnless(StaticRoleEndpoints.ExistsAsync);
        map.Read<NameRequest, StaticRoleResponse>(role, StaticRoleEndpoints.ReadAsync, "Reads a static role.");
        map.Delete<NameRequest, Nothing>(role, roles.DeleteAsync, "Deletes a static role. The user stays as it is.");
        map.Read<NameRequest, StaticCredsResponse>("static-creds/{name}", roles.CredsAsync, "Reads the password of a static role.");
        map.Write<NameRequest, Nothing>("rotate-role/{name}", roles.RotateAsync, "Rotates the password of a static role now.");
    }
}
