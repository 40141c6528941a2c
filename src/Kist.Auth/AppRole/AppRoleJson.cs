using System.Text.Json.Serialization;
using Kist.Auth.AppRole.Roles;
using Kist.Auth.AppRole.SecretIds;
using Kist.Core.Routing.Fields;

namespace Kist.Auth.AppRole;

/// <summary>The wire's JSON.</summary>
[JsonSerializable(typeof(ListRequest))]
[JsonSerializable(typeof(ListAccessorsRequest))]
[JsonSerializable(typeof(ListResponse))]
[JsonSerializable(typeof(RoleRequest))]
[JsonSerializable(typeof(RoleNameRequest))]
[JsonSerializable(typeof(RoleResponse))]
[JsonSerializable(typeof(RoleIdRequest))]
[JsonSerializable(typeof(RoleIdResponse))]
[JsonSerializable(typeof(PoliciesRequest))]
[JsonSerializable(typeof(PoliciesResponse))]
[JsonSerializable(typeof(PeriodRequest))]
[JsonSerializable(typeof(PeriodResponse))]
[JsonSerializable(typeof(TokenTtlRequest))]
[JsonSerializable(typeof(TokenTtlResponse))]
[JsonSerializable(typeof(TokenMaxTtlRequest))]
[JsonSerializable(typeof(TokenMaxTtlResponse))]
[JsonSerializable(typeof(TokenBoundCidrsRequest))]
[JsonSerializable(typeof(TokenBoundCidrsResponse))]
[JsonSerializable(typeof(BindSecretIdRequest))]
[JsonSerializable(typeof(BindSecretIdResponse))]
[JsonSerializable(typeof(SecretIdNumUsesRequest))]
[JsonSerializable(typeof(SecretIdNumUsesResponse))]
[JsonSerializable(typeof(SecretIdTtlRequest))]
[JsonSerializable(typeof(SecretIdTtlResponse))]
[JsonSerializable(typeof(SecretIdBoundCidrsRequest))]
[JsonSerializable(typeof(SecretIdBoundCidrsResponse))]
[JsonSerializable(typeof(NewSecretIdRequest))]
[JsonSerializable(typeof(CustomSecretIdRequest))]
[JsonSerializable(typeof(NewSecretIdResponse))]
[JsonSerializable(typeof(SecretIdRequest))]
[JsonSerializable(typeof(SecretIdAccessorRequest))]
[JsonSerializable(typeof(SecretIdResponse))]
[JsonSerializable(typeof(LogInRequest))]
internal sealed partial class AppRoleJson : JsonSerializerContext
{
    /// <summary>With the accepted forms of fields.</summary>
    public static AppRoleJson Create() => new(FieldJson.Options());
}
