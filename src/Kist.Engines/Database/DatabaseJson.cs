using System.Text.Json.Serialization;
using Kist.Core.Routing.Fields;
using Kist.Engines.Database.Connections;
using Kist.Engines.Database.Names;
using Kist.Engines.Database.Roles;
using Kist.Engines.Database.StaticRoles;

namespace Kist.Engines.Database;

/// <summary>The wire's JSON.</summary>
[JsonSerializable(typeof(NameRequest))]
[JsonSerializable(typeof(ListNamesRequest))]
[JsonSerializable(typeof(NamesResponse))]
[JsonSerializable(typeof(ReloadRequest))]
[JsonSerializable(typeof(ReloadResponse))]
[JsonSerializable(typeof(ConnectionRequest))]
[JsonSerializable(typeof(ConnectionResponse))]
[JsonSerializable(typeof(RoleRequest))]
[JsonSerializable(typeof(RoleResponse))]
[JsonSerializable(typeof(CredsResponse))]
[JsonSerializable(typeof(StaticRoleRequest))]
[JsonSerializable(typeof(StaticRoleResponse))]
[JsonSerializable(typeof(StaticCredsResponse))]
internal sealed partial class DatabaseJson : JsonSerializerContext
{
    /// <summary>With the accepted forms of fields.</summary>
    public static DatabaseJson Create() => new(FieldJson.Options());
}
