using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Core.Namespaces;
using Kist.Crypto;

namespace Kist.Core.Identity.Oidc;

/// <summary>Makes identity tokens and says whether one is good.</summary>
internal sealed class OidcTokens(OidcKeys keys, OidcRecords oidc, IdentityService identities, string address, TimeProvider clock)
{
    private const int MostTokenBytes = 64 * 1024;

    private static readonly Failure NoIssuer = Failure.Invalid(
        "identity.no_issuer", "the server does not know its address: set \"issuer\" in identity/oidc/config, or api_addr in its configuration");

    /// <summary>Who issues: as configured, or this server's own address.</summary>
    public async ValueTask<Outcome<string>> IssuerAsync(CancellationToken cancellationToken)
    {
        var stored = await oidc.Root.ReadRecordAsync(OidcRecords.Config, OidcJson.Settings, cancellationToken);
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
        if (token.Utf8.Length > MostTokenBytes || Parse(token.Utf8) is not { } parsed)
            return "the token is no signed JWT";
        var published = await keys.PublishedAsync(cancellationToken);
        if (published.FirstOrDefault(k => k.Version.Id == parsed.Kid && k.Algorithm.Name == parsed.Alg) is not { } key)
            return "the token is not signed by a key of this server that is still published";
        if (!Verifies(key, parsed))
            return "the signature of the token is not good";
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        if (Number(parsed.Claims, "exp") is not { } end || now >= end)
            return "the token is expired";
        if (await IssuerAsync(cancellationToken) is not { Succeeded: true } issuer || Text(parsed.Claims, "iss") != issuer.Value)
            return "the token is of another issuer";
        if (!string.IsNullOrEmpty(clientId) && Text(parsed.Claims, "aud") != clientId)
            return "the token is for another client";
        return Text(parsed.Claims, "sub") is { } entity && await identities.ResolveAsync(NamespaceId.Root, entity, cancellationToken) is not null
            ? null
            : "the entity is gone or disabled";
    }

    private static bool Verifies(PublishedKey key, Parsed token)
    {
        try
        {
            return key.Algorithm.Verifies(key.Version.PublicKey, token.Signed, token.Signature);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static Parsed? Parse(ReadOnlySpan<byte> token)
    {
        try
        {
            var first = token.IndexOf((byte)'.');
            var last = token.LastIndexOf((byte)'.');
            if (first <= 0 || last <= first)
                return null;
            var header = JsonNode.Parse(Base64Url.DecodeFromUtf8(token[..first])) as JsonObject;
            var claims = JsonNode.Parse(Base64Url.DecodeFromUtf8(token[(first + 1)..last])) as JsonObject;
            // A count reads all names, and throws when one is there twice.
            if (header is null || claims is null || claims.Count == 0 || header.ContainsKey("crit"))
                return null;
            return Text(header, "kid") is { } kid && Text(header, "alg") is { } alg
                ? new Parsed(kid, alg, claims, token[..last].ToArray(), Base64Url.DecodeFromUtf8(token[(last + 1)..]))
                : null;
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException or InvalidOperationException)
        {
            // Not base64, not JSON, or a name twice.
            return null;
        }
    }

    private static string? Text(JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static long? Number(JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private sealed record Parsed(string Kid, string Alg, JsonObject Claims, byte[] Signed, byte[] Signature);
}
