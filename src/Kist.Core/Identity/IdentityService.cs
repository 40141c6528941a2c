using Kist.Core.Barrier;
using Kist.Core.Identity.Mfa;
using Kist.Core.Identity.Oidc;
using Kist.Core.Logins;
using Kist.Core.Namespaces;
using Kist.Core.Pipeline;

namespace Kist.Core.Identity;

/// <summary>
/// Who stands behind the logins: entities with their aliases, and groups. State is in the store alone, every change is a transaction.
/// </summary>
internal sealed class IdentityService
{
    private readonly IdentityResolver resolver;

    public IdentityService(BarrierStore barrier, TimeProvider clock)
    {
        Space = new IdentitySpace(barrier);
        resolver = new IdentityResolver(Space);
        Logins = new IdentityLogins(Space, clock);
        Mfa = new MfaService(Space, resolver, barrier, clock);
        Oidc = new OidcRecords(Space.All[0].Oidc);
    }

    public IdentitySpace Space { get; }

    public IdentityLogins Logins { get; }

    public MfaService Mfa { get; }

    /// <summary>Keys and roles of identity tokens.</summary>
    public OidcRecords Oidc { get; }

    /// <summary>Writes what every login and every reader of the public pages looks at, where it is absent, since absence cannot be remembered.</summary>
    public async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await Mfa.Enforcements.SetUpAsync(cancellationToken);
        await Oidc.SetUpAsync(cancellationToken);
    }

    /// <summary>See <see cref="IdentityResolver.ResolveAsync(NamespaceId, string, CancellationToken)"/>.</summary>
    public ValueTask<ResolvedEntity?> ResolveAsync(NamespaceId ns, string id, CancellationToken cancellationToken) =>
        resolver.ResolveAsync(ns, id, cancellationToken);

    /// <summary>The id of the entity of who logs in, made at the first login; empty for a login that names nobody.</summary>
    public ValueTask<Outcome<string>> EnterAsync(Login login, RequestContext context, CancellationToken cancellationToken) => login.Alias is { } alias
        ? Logins.EnterAsync(context.Request.Namespace, context.Mount, alias, login.Groups, cancellationToken)
        : new("");

    /// <summary>The id of the entity that a token is made for by the alias that its creator names; made at the first one.</summary>
    public ValueTask<Outcome<string>> EnterAsync(RequestContext context, string alias, CancellationToken cancellationToken) =>
        Logins.EnterAsync(context.Request.Namespace, context.Mount, new LoginAlias(alias), null, cancellationToken);
}
