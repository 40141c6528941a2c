using System.ComponentModel;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Logins;
using Kist.Core.Pipeline;
using Kist.Crypto;
using Kist.Crypto.Jose;

namespace Kist.Auth.Jwt;

internal sealed record JwtLoginRequest
{
    [Description("The role to log in as; the default role of the mount if not given.")]
    public string? Role { get; init; }

    [Description("The signed token.")]
    public SecretText? Jwt { get; init; }
}

/// <summary>
/// <c>login</c>. The signature comes first: who holds no token of the issuer learns nothing, neither which roles there are nor what they ask for.
/// </summary>
internal sealed class JwtLogin(JwtSources sources, TimeProvider clock)
{
    private static readonly Failure NoConfig = Failure.Invalid("jwt.no_config", "could not load configuration: write the mount's config first");
    private static readonly Failure NoToken = Failure.Invalid("jwt.missing_token", "field \"jwt\": missing token");
    private static readonly Failure NoRole = Failure.Invalid("jwt.missing_role", "field \"role\": missing role, and the mount has no default");

    /// <summary>Answers who logs in.</summary>
    public async ValueTask<Outcome<Login>> HandleAsync(JwtLoginRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        using var given = request.Jwt;
        if (await JwtStore.ReadConfigAsync(context.Storage, cancellationToken) is not { } config)
            return NoConfig;
        var roleName = request.Role is { Length: > 0 } asked ? asked : config.Record.DefaultRole;
        if (roleName.Length == 0)
            return NoRole;
        if (given is null || given.Utf8.IsEmpty)
            return NoToken;
        var claims = await VerifyAsync(given, context.Storage, config, cancellationToken);
        if (!claims.Succeeded)
            return claims.Failure;
        if (await JwtStore.Roles.ReadAsync(context.Storage, roleName, cancellationToken) is not { } role)
            return Failure.Invalid("jwt.unknown_role", "the role could not be found");
        return JwtTimes.Check(claims.Value, role.Leeways(), clock.GetUtcNow()) is { } untimely
            ? new Failure(FailureKind.Denied, "jwt.untimely", $"the token {untimely}")
            : JwtJudge.Judge(claims.Value, roleName, role);
    }

    private async ValueTask<Outcome<JwtClaims>> VerifyAsync(
        SecretText given, StorageView mount, StoredRecord<JwtConfig> config, CancellationToken cancellationToken)
    {
        if (Jws.TryParse(given.Utf8, out var fault) is not { } token)
            return Failure.Invalid("jwt.malformed", $"the token {fault}");
        var keys = await sources.Of(mount, config).VerifyAsync(token, config.Record.Algorithms(), cancellationToken);
        if (!keys.Succeeded)
            return keys.Failure;
        if (JwtClaims.TryParse(token.Payload.Span, out fault) is not { } claims)
            return Failure.Invalid("jwt.malformed", $"the token {fault}");
        // A provider that was discovered speaks for itself alone, also where the operator has bound another name.
        return IsBy(claims, config.Record.BoundIssuer) && IsBy(claims, keys.Value.Issuer ?? "")
            ? claims
            : new Failure(FailureKind.Denied, "jwt.wrong_issuer", "the token is of another issuer (\"iss\")");
    }

    private static bool IsBy(JwtClaims claims, string issuer) => issuer.Length == 0 || claims.Issuer == issuer;
}
