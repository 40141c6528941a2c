using Kist.Auth.AppRole.Roles;
using Kist.Auth.AppRole.SecretIds;
using Kist.Auth.AppRole.Stored;
using Kist.Core;
using Kist.Core.Logins;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Auth.AppRole;

/// <summary>The routes of the method.</summary>
internal static class AppRoleRoutes
{
    private const string Role = "role/{role_name}";

    public static RouteTable Build(TimeProvider clock)
    {
        var map = new RouteMap(AppRoleJson.Create());
        var racing = new Racing(clock);
        AddRoles(map, racing);
        AddProperties(map, racing);
        AddSecretIds(map, clock, racing);
        map.Write<LogInRequest, Login>("login", new LogIn(clock, racing).HandleAsync, "Logs in with the id of a role and a secret id.")
            .AllowUnauthenticated();
        map.Write<Nothing, Nothing>(
            "tidy/secret-id", new SecretIdTidy(clock).HandleAsync, "Looks through all secret ids for what leads nowhere; seldom of use.");
        return map.Build();
    }

    private static void AddRoles(RouteMap map, Racing racing)
    {
        var write = new WriteRole(racing);
        map.List<ListRequest, ListResponse>("role", ListRoles.HandleAsync, "Lists the names of the roles.");
        map.Write<RoleRequest, Nothing>(Role, write.HandleAsync, "Makes a role, or changes what is given of one.").CreatesUnless(WriteRole.ExistsAsync);
        map.Read<RoleNameRequest, RoleResponse>(Role, ReadRole.HandleAsync, "Reads a role.");
        map.Delete<RoleNameRequest, Nothing>(Role, new DeleteRole(racing).HandleAsync, "Deletes a role with all its secret ids.");
        map.Read<RoleNameRequest, RoleIdResponse>(Role + "/role-id", RoleIdEndpoints.ReadAsync, "Reads the id by which programs log in to a role.");
        map.Write<RoleIdRequest, Nothing>(Role + "/role-id", new RoleIdEndpoints(write).WriteAsync, "Changes the id by which programs log in to a role.");
    }

    // Each has a path of its own, so that policies can tell them apart.
    private static void AddProperties(RouteMap map, Racing racing)
    {
        var write = new WriteRole(racing);
        Add<PoliciesRequest, PoliciesResponse>("policies", "the policies", PoliciesResponse.Of, new() { TokenPolicies = [] });
        Add<PeriodRequest, PeriodResponse>("period", "the period", PeriodResponse.Of, new() { TokenPeriod = TimeSpan.Zero });
        Add<TokenTtlRequest, TokenTtlResponse>("token-ttl", "the TTL of tokens", TokenTtlResponse.Of, new() { TokenTtl = TimeSpan.Zero });
        Add<TokenMaxTtlRequest, TokenMaxTtlResponse>(
            "token-max-ttl", "the longest life of tokens", TokenMaxTtlResponse.Of, new() { TokenMaxTtl = TimeSpan.Zero });
        Add<TokenBoundCidrsRequest, TokenBoundCidrsResponse>(
            "token-bound-cidrs", "the networks of tokens", TokenBoundCidrsResponse.Of, new() { TokenBoundCidrs = [] });
        Add<BindSecretIdRequest, BindSecretIdResponse>(
            "bind-secret-id", "whether a login needs a secret id", BindSecretIdResponse.Of, new() { BindSecretId = true });
        Add<SecretIdNumUsesRequest, SecretIdNumUsesResponse>(
            "secret-id-num-uses", "the uses of new secret ids", SecretIdNumUsesResponse.Of, new() { SecretIdNumUses = 0 });
        Add<SecretIdTtlRequest, SecretIdTtlResponse>(
            "secret-id-ttl", "the TTL of new secret ids", SecretIdTtlResponse.Of, new() { SecretIdTtl = TimeSpan.Zero });
        Add<SecretIdBoundCidrsRequest, SecretIdBoundCidrsResponse>(
            "secret-id-bound-cidrs", "the networks of secret ids", SecretIdBoundCidrsResponse.Of, new() { SecretIdBoundCidrs = [] });

        void Add<TRequest, TResponse>(string path, string what, Func<RoleRecord, TResponse> show, RoleChange reset)
            where TRequest : IRolePropertyRequest => new RoleProperty<TRequest, TResponse>(path, what, show, reset).Add(map, write);
    }

    private static void AddSecretIds(RouteMap map, TimeProvider clock, Racing racing)
    {
        var make = new MakeSecretId(clock, racing);
        var find = new FindSecretId(clock);
        var destroy = new DestroySecretId(racing);
        map.Write<NewSecretIdRequest, NewSecretIdResponse>(Role + "/secret-id", make.RandomAsync, "Makes a secret id for a role.");
        map.Write<CustomSecretIdRequest, NewSecretIdResponse>(
            Role + "/custom-secret-id", make.CustomAsync, "Takes a secret id of the caller's choice for a role.");
        map.List<ListAccessorsRequest, ListResponse>(Role + "/secret-id", ListAccessors.HandleAsync, "Lists the accessors of the secret ids of a role.");
        map.Write<SecretIdRequest, SecretIdResponse>(Role + "/secret-id/lookup", find.BySecretIdAsync, "Reads the properties of a secret id.");
        map.Write<SecretIdRequest, Nothing>(Role + "/secret-id/destroy", destroy.BySecretIdAsync, "Deletes a secret id; one that is gone is no error.");
        map.Write<SecretIdAccessorRequest, SecretIdResponse>(
            Role + "/secret-id-accessor/lookup", find.ByAccessorAsync, "Reads the properties of the secret id of an accessor.");
        map.Write<SecretIdAccessorRequest, Nothing>(
            Role + "/secret-id-accessor/destroy", destroy.ByAccessorAsync, "Deletes the secret id of an accessor.");
    }
}
