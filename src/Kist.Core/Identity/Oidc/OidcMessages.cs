using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core.Audit;
using Kist.Crypto;

namespace Kist.Core.Identity.Oidc;

internal sealed record OidcConfigRequest
{
    [Description("URL that tokens are issued by, with scheme, host and port; the server's own address if empty.")]
    public string? Issuer { get; init; }
}

internal sealed record OidcConfigResponse(string Issuer);

internal sealed record OidcNameRequest
{
    [Description("The name.")]
    public string? Name { get; init; }
}

internal sealed record OidcKeyRequest
{
    [Description("The name.")]
    public string? Name { get; init; }

    [Description("RS256 (default), RS384, RS512, ES256, ES384 or ES512.")]
    public string? Algorithm { get; init; }

    [Description("How often a new version begins to sign; 24h if not given.")]
    public TimeSpan? RotationPeriod { get; init; }

    [Description("How long a version is published after it has ceased to sign; 24h if not given. No token lives longer.")]
    public TimeSpan? VerificationTtl { get; init; }

    [Description("Client ids of the roles that may use the key; * for all.")]
    public IReadOnlyList<string>? AllowedClientIds { get; init; }
}

internal sealed record OidcKeyResponse(string Algorithm, TimeSpan RotationPeriod, TimeSpan VerificationTtl, IReadOnlyList<string> AllowedClientIds);

internal sealed record OidcRotateRequest
{
    [Description("The name.")]
    public string? Name { get; init; }

    [Description("How long the version that ceases to sign is published; as the key says if not given.")]
    public TimeSpan? VerificationTtl { get; init; }
}

internal sealed record OidcRoleRequest
{
    [Description("The name.")]
    public string? Name { get; init; }

    [Description("The key that signs; it must be there.")]
    public string? Key { get; init; }

    [Description("Claims as JSON with {{parameters}}, plain or in base64.")]
    public string? Template { get; init; }

    [Description("The audience of the tokens; random if not given.")]
    public string? ClientId { get; init; }

    [Description("TTL of the tokens; 24h if not given.")]
    public TimeSpan? Ttl { get; init; }
}

internal sealed record OidcRoleResponse(string Key, string Template, string ClientId, TimeSpan Ttl);

internal sealed record OidcTokenResponse(string ClientId, SecretText Token, TimeSpan Ttl);

internal sealed record OidcIntrospectRequest
{
    [Description("The identity token.")]
    public SecretText? Token { get; init; }

    [Description("The audience that it must have; any if not given.")]
    public string? ClientId { get; init; }
}

internal sealed record OidcIntrospectResponse
{
    [AuditPlain]
    public required bool Active { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }
}

internal sealed record OidcDiscovery
{
    public required string Issuer { get; init; }

    public required string JwksUri { get; init; }

    public string AuthorizationEndpoint { get; init; } = "";

    public string TokenEndpoint { get; init; } = "";

    public required IReadOnlyList<string> IdTokenSigningAlgValuesSupported { get; init; }

    public IReadOnlyList<string> ResponseTypesSupported { get; init; } = ["id_token"];

    public IReadOnlyList<string> SubjectTypesSupported { get; init; } = ["public"];
}

internal sealed record OidcJwks(IReadOnlyList<OidcJwk> Keys);
