using Kist.Core.Identity;
using Kist.Core.Identity.Mfa;
using Kist.Core.Mounts;
using Kist.Core.Namespaces;
using Kist.Core.Pipeline;
using Kist.Core.Tokens;
using Kist.Core.Tokens.Routes;
using Kist.Crypto;

namespace Kist.Core.Logins;

/// <summary>Makes a token of what an auth method has found out, at once or when the caller has proved more.</summary>
internal sealed class LoginService(TokenStore tokens, IdentityService identities, MountsLookup mounts)
{
    private const string AuthPrefix = "auth/";

    // Codes may come with the login: METHOD:CODE, several with commas.
    private const string MfaHeader = "X-Vault-MFA";

    /// <summary>Issues the token of a login, or says what is still to be proved.</summary>
    public async ValueTask<Outcome<IssuedToken>> CompleteAsync(Login login, RequestContext context, CancellationToken cancellationToken)
    {
        if (Check(login, context) is { } refused)
            return refused;
        var entity = await identities.EnterAsync(login, context, cancellationToken);
        if (!entity.Succeeded)
            return entity.Failure;
        var mount = context.Mount;
        var pending = new PendingLogin
        {
            Namespace = context.Request.Namespace.Value,
            Mount = mount.Id,
            EntityId = entity.Value,
            Path = context.Request.Path,
            Role = login.Role,
            Token = login.Token,
            Policies = login.Policies,
            DisplayName = login.DisplayName,
            Metadata = login.Metadata,
        };
        var demands = await identities.Mfa.Enforcements.DemandsAsync(entity.Value, mount, cancellationToken);
        if (!demands.Succeeded)
            return demands.Failure;
        if (demands.Value.All.Count > 0)
        {
            if (context.Request.Header(MfaHeader) is not { Length: > 0 } header)
                return await SuspendAsync(pending, demands.Value, cancellationToken);
            if (await identities.Mfa.CheckAsync(demands.Value, OfferedCodes.OfHeader(header), null, cancellationToken) is { } failed)
                return failed;
        }
        return await IssueAsync(pending, mount, context, cancellationToken);
    }

    /// <summary>Issues the token of a login that lacked a second proof.</summary>
    /// <param name="id">What the login was answered.</param>
    /// <param name="codes">What the caller offers.</param>
    /// <param name="context">The request that brings them.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Outcome<IssuedToken>> ProveAsync(
        SecretText id, OfferedCodes codes, RequestContext context, CancellationToken cancellationToken)
    {
        if (await identities.Mfa.Pending.ResumeAsync(id, cancellationToken) is not { } pending
            || (await mounts(cancellationToken)).ById(pending.Mount) is not { State: MountState.Ready } mount)
            return PendingLogins.None;
        var demands = await identities.Mfa.Enforcements.DemandsAsync(pending.EntityId, mount, cancellationToken);
        if (!demands.Succeeded)
            return demands.Failure;
        // Where nothing is demanded any more, or this node does not know of it yet, no code is looked at, and the first proof alone is asked for anew.
        if (demands.Value.All.Count == 0)
            return PendingLogins.None;
        if (!pending.Token.Admits(context.Request, tokens.Space.Clock.GetUtcNow()))
            return Failure.Denied;
        return await identities.Mfa.CheckAsync(demands.Value, codes, pending, cancellationToken) is { } failed
            ? failed
            : await IssueAsync(pending with { EntityId = demands.Value.EntityId }, mount, context, cancellationToken);
    }

    private Failure? Check(Login login, RequestContext context)
    {
        if (!login.Token.Admits(context.Request, tokens.Space.Clock.GetUtcNow()))
            return Failure.Denied;
        var policies = login.Token.PoliciesWith(login.Policies);
        if (policies.Contains("root", StringComparer.Ordinal))
            return Failure.Invalid("login.root_policy", "auth methods cannot create root tokens");
        return TokenPolicyRules.NotAssignableIn(policies) is { } reserved
            ? Failure.Invalid("token.policy_not_assignable", $"cannot assign policy \"{reserved}\"")
            : null;
    }

    private async ValueTask<Outcome<IssuedToken>> SuspendAsync(
        PendingLogin pending, MfaDemands demands, CancellationToken cancellationToken)
    {
        var constraints = new List<MfaConstraint>();
        foreach (var demand in demands.All)
        {
            var any = new List<MfaChoice>();
            foreach (var method in demand.MethodIds)
            {
                if (await identities.Mfa.Records.ReadMethodAsync(method, cancellationToken) is { Record: var found })
                    any.Add(new MfaChoice(found.Id, found.Name));
            }
            constraints.Add(new MfaConstraint(demand.Name, any));
        }
        var id = await identities.Mfa.Pending.SuspendAsync(pending, cancellationToken);
        if (!id.Succeeded)
            return id.Failure;
        var requirement = new MfaRequirement(id.Value, constraints);
        return new IssuedToken { ClientToken = new SecretText(""), EntityId = pending.EntityId, MfaRequirement = requirement };
    }

    private async ValueTask<Outcome<IssuedToken>> IssueAsync(
        PendingLogin login, Mount mount, RequestContext context, CancellationToken cancellationToken)
    {
        var settings = login.Token;
        var issued = await tokens.IssueAsync(
            new TokenSpec
            {
                Namespace = new NamespaceId(login.Namespace),
                Type = LoginTokenType.Choose(mount.Config.TokenType, settings.TokenType),
                Policies = settings.PoliciesWith(login.Policies),
                Path = login.Path,
                DisplayName = DisplayName(mount.Path, login.DisplayName),
                Metadata = login.Metadata,
                Ttl = settings.TokenTtl,
                MaxTtl = settings.TokenMaxTtl,
                ExplicitMaxTtl = settings.TokenExplicitMaxTtl,
                Period = settings.TokenPeriod,
                NumUses = settings.TokenNumUses,
                BoundCidrs = settings.TokenBoundCidrs,
                Login = new TokenLogin(mount.Id, login.Role),
                EntityId = login.EntityId,
                Mount = mount.Config,
            },
            cancellationToken);
        return issued.ToAnswer(context);
    }

    private static string DisplayName(string mountPath, string name)
    {
        var path = mountPath[AuthPrefix.Length..].TrimEnd('/').Replace('/', '-');
        return name.Length == 0 ? path : $"{path}-{name}";
    }
}
