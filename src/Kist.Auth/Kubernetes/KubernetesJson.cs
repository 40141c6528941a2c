using System.Text.Json.Serialization;
using Kist.Auth.Roles;
using Kist.Core.Routing.Fields;

namespace Kist.Auth.Kubernetes;

/// <summary>The wire's JSON.</summary>
[JsonSerializable(typeof(KubernetesConfigRequest))]
[JsonSerializable(typeof(KubernetesConfigResponse))]
[JsonSerializable(typeof(KubernetesRoleRequest))]
[JsonSerializable(typeof(KubernetesRoleResponse))]
[JsonSerializable(typeof(KubernetesLoginRequest))]
[JsonSerializable(typeof(RoleNameRequest))]
[JsonSerializable(typeof(ListRolesRequest))]
[JsonSerializable(typeof(RoleNames))]
internal sealed partial class KubernetesJson : JsonSerializerContext
{
    /// <summary>With the accepted forms of fields.</summary>
    public static KubernetesJson Create() => new(FieldJson.Options());
}
