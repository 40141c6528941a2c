using System.ComponentModel;
using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Logins;
using Kist.Core.Pipeline;
using Kist.Crypto;
using Kist.Crypto.Jose;

namespace Kist.Auth.Kubernetes;

internal sealed record KubernetesLoginRequest
{
    [Description("The role to log in as.")]
    public string? Role { get; init; }

    [Description("The token of a service account.")]
    public SecretText? Jwt { get; init; }
}

/// <summary>
/// <c>login</c>. First the cluster vouches for the token, by its API server or by its keys; only who holds such a token learns of roles. What can be seen
/// of a token without asking anybody is looked at first, so that rubbish costs no round trip.
/// </summary>
internal sealed class KubernetesLogin(Clusters clusters, TimeProvider clock)
{
    private const string AccountName = "service_account_name";
    private const string AccountNamespace = "service_account_namespace";

    private static readonly Failure NoToken = Failure.Invalid("kubernetes.missing_token", "field \"jwt\": missing jwt");
    private static readonly Failure NoRole = Failure.Invalid("kubernetes.missing_role", "field \"role\": missing role");
    private static readonly Failure UnknownRole = Failure.Invalid("kubernetes.unknown_role", "invalid role name: there is no such role");

    // A token ends when it says: nobody extends its life but by the difference of clocks.
    private static readonly JwtLeeways Leeways = new(TimeSpan.FromSeconds(60), TimeSpan.Zero, TimeSpan.FromDays(366));

    /// <summary>Answers who logs in.</summary>
    public async ValueTask<Outcome<Login>> HandleAsync(KubernetesLoginRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        using var given = request.Jwt;
        if (given is null || given.Utf8.IsEmpty)
            return NoToken;
        if (string.IsNullOrEmpty(request.Role))
            return NoRole;
        if (await KubernetesStore.ReadConfigAsync(context.Storage, cancellationToken) is not { } stored)
            return KubernetesFailures.NoConfig;
        if (Jws.TryParse(given.Utf8, out var fault) is not { } token || JwtClaims.TryParse(token.Payload.Span, out fault) is not { } claims)
            return Failure.Invalid("kubernetes.malformed", $"the token {fault}");
        if (ServiceAccount.TryRead(claims) is not { } account)
            return KubernetesFailures.NotVouchedFor;
        var role = await KubernetesStore.Roles.ReadAsync(context.Storage, request.Role, cancellationToken);
        var cluster = clusters.Of(context.Storage, stored);
        var attempt = new Attempt(given, token, claims, account, role, stored.Record, cluster);
        if (await VouchAsync(attempt, cancellationToken) is { } unvouched)
            return unvouched;
        if (role is null)
            return UnknownRole;
        return await CheckBoundsAsync(attempt, role, cancellationToken) is { } refused
            ? refused
            : Admit(account, KubernetesStore.Roles.NameOf(request.Role)!, role);
    }

    private async ValueTask<Failure?> VouchAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        var (claims, config, cluster) = (attempt.Claims, attempt.Config, attempt.Cluster);
        if (config.IsLocal)
            return await VerifyAsync(attempt, cancellationToken);
        if (cluster.GivenKeys is { } keys && (await keys.VerifyAsync(attempt.Token, JwsAlgorithm.All, cancellationToken)).Failure is not null)
            return KubernetesFailures.NotVouchedFor;
        // Tokens that lie in secrets say nothing of times.
        if (claims is not { ExpiresAt: null, NotBefore: null, IssuedAt: null } && JwtTimes.Check(claims, Leeways, clock.GetUtcNow()) is not null)
            return KubernetesFailures.NotVouchedFor;
        if (!config.DisableIssValidation && claims.Issuer != (config.Issuer.Length > 0 ? config.Issuer : KubernetesConfig.FormerIssuer))
            return KubernetesFailures.NotVouchedFor;
        string[] audiences = attempt.Role is { Audience: { Length: > 0 } audience } ? [audience] : [];
        var reviewed = await TokenReviews.ReviewAsync(cluster, attempt.Given.Reveal(), attempt.Account, audiences, cancellationToken);
        // The token's own word comes second, so that nobody can tell by the time it takes which audience a role asks for.
        return reviewed.Succeeded && Array.TrueForAll(audiences, a => !claims.Audiences.Contains(a, StringComparer.Ordinal)) && audiences.Length > 0
            ? KubernetesFailures.NotVouchedFor
            : reviewed.Failure;
    }

    /// <summary>Without a round trip: whether account and pod are still there, nobody sees; only that the token has not ended.</summary>
    private async ValueTask<Failure?> VerifyAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        var (claims, account, config) = (attempt.Claims, attempt.Account, attempt.Config);
        var verified = await attempt.Cluster.Keys.VerifyAsync(attempt.Token, JwsAlgorithm.All, cancellationToken);
        if (!verified.Succeeded)
            return verified.Failure.Kind == FailureKind.Denied ? KubernetesFailures.NotVouchedFor : KubernetesFailures.Silent;
        // Those of secrets never end, so nothing but a review can tell whether they are good.
        if (!account.IsBound || account.Uid.Length == 0 || claims.ExpiresAt is null)
            return KubernetesFailures.NotVouchedFor;
        var now = clock.GetUtcNow();
        if (JwtTimes.Check(claims, Leeways, now) is not null || account.WarnAfter + Leeways.Clock < now)
            return KubernetesFailures.NotVouchedFor;
        // What API servers take for themselves when they were told no audience.
        var audience = attempt.Role is { Audience: { Length: > 0 } asked } ? asked : config.Issuer;
        return claims.Issuer == config.Issuer && claims.Audiences.Contains(audience, StringComparer.Ordinal) ? null : KubernetesFailures.NotVouchedFor;
    }

    private static async ValueTask<Failure?> CheckBoundsAsync(Attempt attempt, KubernetesRole role, CancellationToken cancellationToken)
    {
        var account = attempt.Account;
        if (!Glob.AnyMatches(role.BoundServiceAccountNames, account.Name))
            return KubernetesFailures.Denied("name_refused", "service account name not authorized");
        if (Glob.AnyMatches(role.BoundServiceAccountNamespaces, account.Namespace))
            return null;
        var refused = KubernetesFailures.Denied("namespace_refused", "namespace not authorized");
        if (role.BoundServiceAccountNamespaceSelector.Length == 0)
            return refused;
        var labels = await TokenReviews.LabelsAsync(attempt.Cluster, attempt.Given.Reveal(), account.Namespace, cancellationToken);
        if (!labels.Succeeded)
            return labels.Failure;
        return LabelSelector.TryParse(role.BoundServiceAccountNamespaceSelector, out _) is { } selector && selector.Selects(labels.Value) ? null : refused;
    }

    /// <summary>Whether a role, as it is now, takes the account that a token tells of in its metadata, as far as that can be seen without asking the cluster.</summary>
    public static bool StillAdmits(KubernetesRole role, IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue(AccountName, out var name)
        && metadata.TryGetValue(AccountNamespace, out var ns)
        && Glob.AnyMatches(role.BoundServiceAccountNames, name)
        && (role.BoundServiceAccountNamespaceSelector.Length > 0 || Glob.AnyMatches(role.BoundServiceAccountNamespaces, ns));

    private static Login Admit(ServiceAccount account, string roleName, KubernetesRole role)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["service_account_uid"] = account.Uid,
            [AccountName] = account.Name,
            [AccountNamespace] = account.Namespace,
            ["service_account_secret_name"] = account.SecretName,
        };
        var known = role.AliasNameSource == KubernetesRole.ByName ? $"{account.Namespace}/{account.Name}" : account.Uid;
        return new Login
        {
            Alias = known.Length > 0 ? new LoginAlias(known) { Metadata = metadata } : null,
            Role = RoleIdentity.Text(roleName, role.Id),
            Token = role.Token,
            DisplayName = $"{account.Namespace}-{account.Name}",
            Metadata = new Dictionary<string, string>(metadata, StringComparer.Ordinal) { ["role"] = roleName },
        };
    }

    private sealed record Attempt(
        SecretText Given, Jws Token, JwtClaims Claims, ServiceAccount Account, KubernetesRole? Role, KubernetesConfig Config, Cluster Cluster);
}
