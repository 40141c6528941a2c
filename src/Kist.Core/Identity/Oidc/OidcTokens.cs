using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Kist.Core.Namespaces;
using Kist.Crypto;
using Kist.Crypto.Jose;

namespace Kist.Core.Identity.Oidc;

/// <summary>Makes identity tokens and says whether one is good.</summary>
internal sealed class OidcTokens(OidcKeys keys, PublishedKeys published, IdentityService identities, string address, TimeProvider clock)
{
    private static readonly Failure NoIssuer = Failure.Invalid(
        "identity.no_issuer", "the server does not know its address: set \"issuer\" in identity/oidc/config, or api_addr in its configuration");

    /// <summary>Who issues: as configured, or this server's own address.</summary>
    public async ValueTask<Outcome<string>> IssuerAsync(CancellationToken cancellationToken)
    {
        var stored = await identities.Oidc.Root.ReadRecordAsync(OidcRecords.Config, OidcJson.Settings, cancellationToken);
        var issuer = stored is { Record.Issuer.Length: > 0 } ? stored.Value.Record.Issuer : address;
        return issuer.Length == 0 ? NoIssuer : issuer.TrimEnd('/') + "/v1/identity/oidc";
    }

    /// <summary>A token that says who an entity is.</summary>
    public async ValueTask<Outcome<SecretText>> IssueAsync(
        OidcRoleRecord role, ResolvedEntity entity, TimeSpan ttl, CancellationToken cancellationToken)
    {
        var issuer = await IssuerAsync(cancellationToken);
        if (!issuer.Succeeded)
            return issuer.Failure;
        var now = clock.GetUtcNow();
        var claims = OidcTemplate.Fill(role.Template, entity, now);
        if (!claims.Succeeded)
            return claims.Failure;
        var body = claims.Value;
        body["iss"] = issuer.Value;
        body["sub"] = entity.Id;
        body["aud"] = role.ClientId;
        body["iat"] = now.ToUnixTimeSeconds();
        body["exp"] = (now + ttl).ToUnixTimeSeconds();
        body["namespace"] = NamespaceId.Root.ToString();
        var text = "";
        var signature = await keys.SignAsync(
            role.Key,
            key =>
            {
                var header = new JsonObject { ["alg"] = key.Current.Algorithm, ["kid"] = key.Current.Id, ["typ"] = "JWT" };
                text = $"{Encode(header)}.{Encode(body)}";
                return Encoding.ASCII.GetBytes(text);
            },
            cancellationToken);
        return signature.Succeeded ? new SecretText($"{text}.{Base64Url.EncodeToString(signature.Value)}") : signature.Failure;
    }

    /// <summary>Why a token is not good; null when it is.</summary>
    public async ValueTask<string?> WhyNotAsync(SecretText token, string? clientId, CancellationToken cancellationToken)
    {
        if (Jws.TryParse(token.Utf8, out _) is not { } signed)
            return "the token is no signed JWT";
        var all = await published.AllAsync(cancellationToken);
        if (all.FirstOrDefault(k => k.Jwk.Kid == signed.KeyId && k.Verifier.Takes(signed.Algorithm)) is not { } key)
            return "the token is not signed by a key of this server that is still published";
        if (!signed.IsSignedBy(key.Verifier))
            return "the signature of the token is not good";
        if (JwtClaims.TryParse(signed.Payload.Span, out var fault) is not { } claims)
            return "the token " + fault;
        var now = clock.GetUtcNow();
        if (claims.ExpiresAt is not { } end || now >= end)
            return "the token is expired";
        if (claims.NotBefore is { } start && now < start)
            return "the token is not good yet";
        if (await IssuerAsync(cancellationToken) is not { Succeeded: true } issuer || claims.Issuer != issuer.Value)
            return "the token is of another issuer";
        if (!string.IsNullOrEmpty(clientId) && !claims.Audiences.Contains(clientId, StringComparer.Ordinal))
            return "the token is for another client";
        return claims.Subject is { } entity && await identities.ResolveAsync(NamespaceId.Root, entity, cancellationToken) is not null
            ? null
            : "the entity is gone or disabled";
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
