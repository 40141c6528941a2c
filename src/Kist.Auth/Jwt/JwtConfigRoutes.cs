using System.ComponentModel;
using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;

namespace Kist.Auth.Jwt;

internal sealed record JwtConfigRequest
{
    [Description("The issuer, whose address + /.well-known/openid-configuration tells where its keys are. One of three sources of keys.")]
    [AuditPlain]
    public string? OidcDiscoveryUrl { get; init; }

    [Description("Authorities (PEM) that the issuer's server is trusted by; the system's if not given.")]
    [AuditPlain]
    public string? OidcDiscoveryCaPem { get; init; }

    [Description("Address of a JSON Web Key Set. One of three sources of keys.")]
    [AuditPlain]
    public string? JwksUrl { get; init; }

    [Description("Authorities (PEM) that the server of the key set is trusted by; the system's if not given.")]
    [AuditPlain]
    public string? JwksCaPem { get; init; }

    [Description("Public keys or certificates in PEM. One of three sources of keys.")]
    [AuditPlain]
    public IReadOnlyList<string>? JwtValidationPubkeys { get; init; }

    [Description("What tokens must say in \"iss\"; with oidc_discovery_url it is that address if not given.")]
    [AuditPlain]
    public string? BoundIssuer { get; init; }

    [Description("Algorithms that are taken; if not given: RS, PS and ES with 256, 384 and 512, and EdDSA.")]
    [AuditPlain]
    public IReadOnlyList<string>? JwtSupportedAlgs { get; init; }

    [Description("The role of logins that name none.")]
    [AuditPlain]
    public string? DefaultRole { get; init; }

    [Description("Store the settings also when the keys cannot be fetched now.")]
    [AuditPlain]
    public bool SkipJwksValidation { get; init; }

    public JwtConfig ToConfig() => new()
    {
        OidcDiscoveryUrl = OidcDiscoveryUrl ?? "",
        OidcDiscoveryCaPem = OidcDiscoveryCaPem ?? "",
        JwksUrl = JwksUrl ?? "",
        JwksCaPem = JwksCaPem ?? "",
        JwtValidationPubkeys = JwtValidationPubkeys ?? [],
        BoundIssuer = BoundIssuer ?? "",
        JwtSupportedAlgs = JwtSupportedAlgs ?? [],
        DefaultRole = DefaultRole ?? "",
    };
}

internal sealed record JwtConfigResponse
{
    [AuditPlain]
    public required string OidcDiscoveryUrl { get; init; }

    [AuditPlain]
    public required string OidcDiscoveryCaPem { get; init; }

    [AuditPlain]
    public required string JwksUrl { get; init; }

    [AuditPlain]
    public required string JwksCaPem { get; init; }

    [AuditPlain]
    public required IReadOnlyList<string> JwtValidationPubkeys { get; init; }

    [AuditPlain]
    public required string BoundIssuer { get; init; }

    [AuditPlain]
    public required IReadOnlyList<string> JwtSupportedAlgs { get; init; }

    [AuditPlain]
    public required string DefaultRole { get; init; }

    [Description("\"valid\", or why the keys cannot be had now.")]
    public required string Status { get; init; }
}

/// <summary><c>config</c>: whose tokens are taken.</summary>
internal sealed class JwtConfigRoutes(JwtSources sources)
{
    public async ValueTask<Outcome<JwtConfigResponse>> ReadAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        if (await JwtStore.ReadConfigAsync(context.Storage, cancellationToken) is not { } stored)
            return Failure.NotFound();
        var problem = await sources.Of(context.Storage, stored).ProbeAsync(cancellationToken);
        var config = stored.Record;
        return new JwtConfigResponse
        {
            OidcDiscoveryUrl = config.OidcDiscoveryUrl,
            OidcDiscoveryCaPem = config.OidcDiscoveryCaPem,
            JwksUrl = config.JwksUrl,
            JwksCaPem = config.JwksCaPem,
            JwtValidationPubkeys = config.JwtValidationPubkeys,
            BoundIssuer = config.BoundIssuer,
            JwtSupportedAlgs = config.JwtSupportedAlgs,
            DefaultRole = config.DefaultRole,
            Status = problem?.Message ?? "valid",
        };
    }

    public async ValueTask<Outcome<Nothing>> WriteAsync(JwtConfigRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var config = request.ToConfig();
        if (config.Check() is { } bad)
            return bad;
        if (await sources.Try(config).ProbeAsync(cancellationToken) is { } problem)
        {
            if (!request.SkipJwksValidation)
                return Failure.Invalid("jwt.keys_unavailable", $"the keys cannot be fetched: {problem.Message}");
            context.Warn($"the keys cannot be fetched now, and nobody can log in until they can: {problem.Message}");
        }
        if (config.TakesAnyIssuer)
            context.Warn("without bound_issuer tokens are taken whatever they say in \"iss\", if only the keys have signed them");
        return await Records.PutAsync(context, JwtStore.Config, JwtStoredJson.Default.JwtConfig, config, cancellationToken);
    }
}
