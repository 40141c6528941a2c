using System.Text.Json.Serialization;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Tokens.Routes;

/// <summary>The id of the entity that the mount of a request calls so, made when there is none; a failure when it is disabled.</summary>
public delegate ValueTask<Outcome<string>> EntityAliasLookup(RequestContext context, string alias, CancellationToken cancellationToken);

/// <summary>The auth method <c>token</c>, built in at <c>auth/token/</c>: creates, shows, renews and revokes tokens.</summary>
public sealed class TokenMountType : MountType
{
    private readonly RouteTable routes;

    /// <summary>Over the token store.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="clock">By which they end.</param>
    /// <param name="aliases">Finds or makes the entity of an alias that a token role allows; null where there are none.</param>
    public TokenMountType(TokenStore tokens, TimeProvider clock, EntityAliasLookup? aliases = null)
    {
        var map = new RouteMap(new TokenRoutesJson(FieldJson.Options()));
        new CreateRoutes(tokens, clock, aliases).Add(map);
        new LookupRoutes(tokens, clock).Add(map);
        new RenewRoutes(tokens).Add(map);
        new RevokeRoutes(tokens).Add(map);
        new RoleRoutes(tokens.Roles).Add(map);
        map.List<Nothing, TokenKeys>(
            "accessors",
            async (_, context, ct) => new TokenKeys(await tokens.ListAccessorsAsync(context.Request.Namespace, ct)),
            "List the accessors of all tokens.").RequireSudo();
        map.Write<Nothing, Nothing>("tidy", TidyAsync, "Mend token entries that lead nowhere.");
        routes = map.Build();

        async ValueTask<Outcome<Nothing>> TidyAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
        {
            var (ran, mended) = await tokens.TidyAsync(cancellationToken);
            context.Warn(ran ? $"Tidy operation finished; {mended} entries were mended." : "Tidy operation already in progress.");
            return default(Nothing);
        }
    }

    /// <inheritdoc/>
    public override string Name => "token";

    /// <inheritdoc/>
    public override MountKind Kind => MountKind.Auth;

    /// <inheritdoc/>
    public override string Description => "Token based credentials.";

    /// <inheritdoc/>
    public override bool IsBuiltIn => true;

    /// <inheritdoc/>
    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes;
}

/// <summary>A list of names.</summary>
/// <param name="Keys">The names.</param>
public sealed record TokenKeys(IReadOnlyList<string> Keys);

[JsonSerializable(typeof(CreateTokenRequest))]
[JsonSerializable(typeof(TokenNameRequest))]
[JsonSerializable(typeof(RenewTokenRequest))]
[JsonSerializable(typeof(TokenLookup))]
[JsonSerializable(typeof(TokenRoleName))]
[JsonSerializable(typeof(TokenRoleRequest))]
[JsonSerializable(typeof(TokenRoleResponse))]
[JsonSerializable(typeof(TokenKeys))]
internal sealed partial class TokenRoutesJson : JsonSerializerContext;
