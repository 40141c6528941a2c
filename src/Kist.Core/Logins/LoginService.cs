using Kist.Core.Identity;
using Kist.Core.Pipeline;
using Kist.Core.Tokens;
using Kist.Core.Tokens.Routes;

namespace Kist.Core.Logins;

/// <summary>Makes a token of what an auth method has found out.</summary>
internal sealed class LoginService(TokenStore tokens, IdentityService identities)
{
    private const string AuthPrefix = "auth/";

    /// <summary>Issues the token of a login.</summary>
    public async ValueTask<Outcome<IssuedToken>> CompleteAsync(Login login, RequestContext context, CancellationToken cancellationToken)
    {
        var (settings, mount) = (login.Token, context.Mount);
        if (!settings.Admits(context.Request, tokens.Space.Clock.GetUtcNow()))
            return Failure.Denied;
        var policies = settings.PoliciesWith(login.Policies);
        if (policies.Contains("root", StringComparer.Ordinal))
            return Failure.Invalid("login.root_policy", "auth methods cannot create root tokens");
        if (TokenPolicyRules.NotAssignableIn(policies) is { } reserved)
            return Failure.Invalid("token.policy_not_assignable", $"cannot assign policy \"{reserved}\"");
        var entity = await identities.EnterAsync(login, context, cancellationToken);
        if (!entity.Succeeded)
            return entity.Failure;
        var type = LoginTokenType.Choose(mount.Config.TokenType, settings.TokenType);
        var issued = await tokens.IssueAsync(
            new TokenSpec
            {
                Namespace = context.Request.Namespace,
                Type = type,
                Policies = policies,
                Path = context.Request.Path,
                DisplayName = DisplayName(mount.Path, login.DisplayName),
                Metadata = login.Metadata,
                Ttl = settings.TokenTtl,
                MaxTtl = settings.TokenMaxTtl,
                ExplicitMaxTtl = settings.TokenExplicitMaxTtl,
                Period = settings.TokenPeriod,
                NumUses = settings.TokenNumUses,
                BoundCidrs = settings.TokenBoundCidrs,
                Login = new TokenLogin(mount.Id, login.Role),
                EntityId = entity.Value,
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
