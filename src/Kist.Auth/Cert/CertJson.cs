using System.Text.Json.Serialization;
using Kist.Auth.Cert.Crls;
using Kist.Auth.Cert.Logins;
using Kist.Auth.Cert.Roles;
using Kist.Core.Routing.Fields;

namespace Kist.Auth.Cert;

/// <summary>The wire's JSON.</summary>
[JsonSerializable(typeof(ListRequest))]
[JsonSerializable(typeof(NameList))]
[JsonSerializable(typeof(NamedRequest))]
[JsonSerializable(typeof(RoleRequest))]
[JsonSerializable(typeof(RoleResponse))]
[JsonSerializable(typeof(CrlRequest))]
[JsonSerializable(typeof(CrlResponse))]
[JsonSerializable(typeof(ConfigRequest))]
[JsonSerializable(typeof(ConfigResponse))]
[JsonSerializable(typeof(LoginRequest))]
internal sealed partial class CertJson : JsonSerializerContext
{
    /// <summary>With the accepted forms of fields.</summary>
    public static CertJson Create() => new(FieldJson.Options());
}
