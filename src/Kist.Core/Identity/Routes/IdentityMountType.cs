using System.Text.Json.Serialization;
using Kist.Core.Barrier;
using Kist.Core.Identity.Mfa;
using Kist.Core.Identity.Oidc;
using Kist.Core.Mounts;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;
using Kist.Core.Storage;

namespace Kist.Core.Identity.Routes;

/// <summary>The engine <c>identity</c>, built in at <c>identity/</c>: who stands behind the logins, and in which groups.</summary>
public sealed class IdentityMountType : MountType
{
    private readonly RouteTable routes;
    private readonly IdentityTidy tidy;
    private readonly OidcKeys keys;

    /// <summary>Over a namespace's identities.</summary>
    /// <param name="identities">The identities.</param>
    /// <param name="mounts">The mount table.</param>
    /// <param name="address">The server's own, which identity tokens are issued by unless an operator says otherwise; may be empty.</param>
    /// <param name="clock">The clock.</param>
    internal IdentityMountType(IdentityService identities, MountsLookup mounts, string address, TimeProvider clock)
    {
        tidy = new IdentityTidy(identities.Space, clock);
        var map = new RouteMap(new IdentityRoutesJson(FieldJson.Options()));
        var entities = new EntityRoutes(identities.Space, mounts, clock);
        var groups = new GroupRoutes(identities.Space, mounts, clock);
        entities.Add(map);
        groups.Add(map);
        new EntityAliasRoutes(identities.Space, mounts, clock).Add(map);
        new GroupAliasRoutes(identities.Space, mounts, clock).Add(map);
        new IdentityLookupRoutes(identities.Space, mounts, entities, groups).Add(map);
        var oidc = new OidcRoutes(identities, address, clock);
        oidc.Add(map);
        keys = oidc.Keys;
        new TotpMethodRoutes(identities).Add(map);
        new EnforcementRoutes(identities, mounts).Add(map);
        routes = map.Build();
    }

    /// <inheritdoc/>
    public override string Name => "identity";

    /// <inheritdoc/>
    public override MountKind Kind => MountKind.Secrets;

    /// <inheritdoc/>
    public override string Description => "Entities, aliases and groups: who stands behind the logins.";

    /// <inheritdoc/>
    public override bool IsBuiltIn => true;

    /// <inheritdoc/>
    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes;

    /// <inheritdoc/>
    public override async ValueTask TendAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken)
    {
        await tidy.RunAsync(fence, cancellationToken);
        await keys.TendAsync(fence, cancellationToken);
    }
}

[JsonSerializable(typeof(IdentityListRequest))]
[JsonSerializable(typeof(IdentityIdRequest))]
[JsonSerializable(typeof(IdentityNameRequest))]
[JsonSerializable(typeof(EntityRequest))]
[JsonSerializable(typeof(EntityBatchDeleteRequest))]
[JsonSerializable(typeof(EntityMergeRequest))]
[JsonSerializable(typeof(EntityAliasRequest))]
[JsonSerializable(typeof(GroupRequest))]
[JsonSerializable(typeof(GroupAliasRequest))]
[JsonSerializable(typeof(IdentityLookupRequest))]
[JsonSerializable(typeof(EntityWritten))]
[JsonSerializable(typeof(GroupWritten))]
[JsonSerializable(typeof(AliasWritten))]
[JsonSerializable(typeof(IdentityKeys))]
[JsonSerializable(typeof(IdentityKeys<EntityInfo>))]
[JsonSerializable(typeof(IdentityKeys<GroupInfo>))]
[JsonSerializable(typeof(IdentityKeys<AliasResponse>))]
[JsonSerializable(typeof(IdentityKeys<GroupAliasResponse>))]
[JsonSerializable(typeof(IdentityKeys<TotpMethodResponse>))]
[JsonSerializable(typeof(IdentityKeys<EnforcementResponse>))]
[JsonSerializable(typeof(EntityResponse))]
[JsonSerializable(typeof(AliasResponse))]
[JsonSerializable(typeof(GroupResponse))]
[JsonSerializable(typeof(GroupAliasResponse))]
[JsonSerializable(typeof(OidcConfigRequest))]
[JsonSerializable(typeof(OidcConfigResponse))]
[JsonSerializable(typeof(OidcNameRequest))]
[JsonSerializable(typeof(OidcKeyRequest))]
[JsonSerializable(typeof(OidcKeyResponse))]
[JsonSerializable(typeof(OidcRotateRequest))]
[JsonSerializable(typeof(OidcRoleRequest))]
[JsonSerializable(typeof(OidcRoleResponse))]
[JsonSerializable(typeof(OidcTokenResponse))]
[JsonSerializable(typeof(OidcIntrospectRequest))]
[JsonSerializable(typeof(OidcIntrospectResponse))]
[JsonSerializable(typeof(OidcDiscovery))]
[JsonSerializable(typeof(OidcJwks))]
[JsonSerializable(typeof(TotpMethodRequest))]
[JsonSerializable(typeof(MfaMethodRequest))]
[JsonSerializable(typeof(TotpEntityRequest))]
[JsonSerializable(typeof(MfaMethodWritten))]
[JsonSerializable(typeof(TotpMethodResponse))]
[JsonSerializable(typeof(TotpSecretResponse))]
[JsonSerializable(typeof(EnforcementRequest))]
[JsonSerializable(typeof(EnforcementNameRequest))]
[JsonSerializable(typeof(EnforcementResponse))]
internal sealed partial class IdentityRoutesJson : JsonSerializerContext;
