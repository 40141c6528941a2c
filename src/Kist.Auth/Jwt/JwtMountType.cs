using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Logins;
using Kist.Core.Mounts;
using Kist.Core.Routing;
using Kist.Core.Tokens;

namespace Kist.Auth.Jwt;

/// <summary>Logins by JSON Web Tokens that somebody else has signed: CI systems, clouds, OpenID providers.</summary>
public sealed class JwtMountType : MountType
{
    private readonly Lazy<RouteTable> routes;

    /// <summary>The method with its clock.</summary>
    public JwtMountType(TimeProvider clock) => routes = new Lazy<RouteTable>(() => Build(clock));

    /// <inheritdoc/>
    public override string Name => "jwt";

    /// <inheritdoc/>
    public override MountKind Kind => MountKind.Auth;

    /// <inheritdoc/>
    public override string Description => "Logins by JSON Web Tokens that an issuer has signed whose keys are known.";

    /// <inheritdoc/>
    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes.Value;

    /// <summary>Refuses when the role is gone; another of the same name is another role.</summary>
    public override async ValueTask<Outcome<LoginTerms?>> RenewAsync(
        StorageView storage, TokenEntry token, string role, CancellationToken cancellationToken)
    {
        var (name, id) = RoleIdentity.Parse(role);
        return await JwtStore.Roles.ReadAsync(storage, name, cancellationToken) is { } found && found.Id == id
            ? new LoginTerms(found.Token, [])
            : Failure.Invalid("jwt.role_gone", $"role \"{name}\" does not exist any more, not renewing");
    }

    private static RouteTable Build(TimeProvider clock)
    {
        var map = new RouteMap(JwtJson.Create());
        var sources = new JwtSources(clock);
        var config = new JwtConfigRoutes(sources);
        const string Role = "role/{name}";
        map.Read<Nothing, JwtConfigResponse>(
            "config", config.ReadAsync, "Reads whose tokens are taken, and whether the keys that verify them can be had.");
        map.Write<JwtConfigRequest, Nothing>("config", config.WriteAsync, "Sets whose tokens are taken; what is not given gets its default.");
        map.List<ListRolesRequest, RoleNames>("role", JwtStore.Roles.ListAsync, "Lists the roles.");
        map.Read<RoleNameRequest, JwtRoleResponse>(Role, JwtRoleRoutes.ReadAsync, "Reads a role.");
        map.Write<JwtRoleRequest, Nothing>(Role, JwtRoleRoutes.WriteAsync, "Makes a role, or changes the given fields of one.")
            .CreatesUnless(JwtStore.Roles.ExistsAsync);
        map.Delete<RoleNameRequest, Nothing>(Role, JwtStore.Roles.DeleteAsync, "Deletes a role. Its tokens stay, and can no longer be renewed.");
        map.Write<JwtLoginRequest, Login>("login", new JwtLogin(sources, clock).HandleAsync, "Logs in by a signed token.").AllowUnauthenticated();
        return map.Build();
    }
}
