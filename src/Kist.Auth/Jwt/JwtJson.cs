using System.Text.Json.Serialization;
using Kist.Auth.Roles;
using Kist.Core.Routing.Fields;

namespace Kist.Auth.Jwt;

/// <summary>The wire's JSON.</summary>
[JsonSerializable(typeof(JwtConfigRequest))]
[JsonSerializable(typeof(JwtConfigResponse))]
[JsonSerializable(typeof(JwtRoleRequest))]
[JsonSerializable(typeof(JwtRoleResponse))]
[JsonSerializable(typeof(JwtLoginRequest))]
[JsonSerializable(typeof(RoleNameRequest))]
[JsonSerializable(typeof(ListRolesRequest))]
[JsonSerializable(typeof(RoleNames))]
internal sealed partial class JwtJson : JsonSerializerContext
{
    /// <summary>With the accepted forms of fields.</summary>
    public static JwtJson Create() => new(FieldJson.Options());
}

/// <summary>Values within answers.</summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class JwtShownJson : JsonSerializerContext;
