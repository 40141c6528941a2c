using System.Security.Cryptography;
using Kist.Core.Identity.Routes;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Identity.Oidc;

/// <summary><c>oidc</c>: identity tokens, which tell other programs who somebody is.</summary>
internal sealed class OidcRoutes
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly TimeSpan Day = TimeSpan.FromHours(24);

    private readonly OidcRecords oidc;
    private readonly IdentityRecords records;
    private readonly OidcKeys keys;
    private readonly PublishedKeys published;
    private readonly OidcTokens tokens;

    public OidcRoutes(IdentityService identities, string address, TimeProvider clock)
    {
        records = identities.Space.All[0];
        oidc = identities.Oidc;
        keys = new OidcKeys(records, oidc, clock);
        published = new PublishedKeys(oidc, clock);
        tokens = new OidcTokens(keys, published, identities, address, clock);
    }

    public OidcKeys Keys => keys;

    public void Add(RouteMap map)
    {
        map.Read<Nothing, OidcConfigResponse>("oidc/config", ReadConfigAsync, "Read the settings of identity tokens.");
        map.Write<OidcConfigRequest, Nothing>("oidc/config", WriteConfigAsync, "Change the settings of identity tokens.");
        map.List<IdentityListRequest, IdentityKeys>("oidc/key", (r, _, ct) => ListAsync(oidc.Keys, r, ct), "List the keys of identity tokens.");
        map.Read<OidcNameRequest, OidcKeyResponse>("oidc/key/{name}", ReadKeyAsync, "Read the settings of a key of identity tokens.");
        map.Write<OidcKeyRequest, Nothing>("oidc/key/{name}", WriteKeyAsync, "Create a key of identity tokens, or change the given fields of one.");
        map.Delete<OidcNameRequest, Nothing>(
            "oidc/key/{name}", (r, c, ct) => keys.DeleteAsync(r.Name ?? "", c, ct), "Delete a key of identity tokens.");
        map.Write<OidcRotateRequest, Nothing>(
            "oidc/key/{name}/rotate",
            (r, c, ct) => keys.RotateAsync(r.Name ?? "", r.VerificationTtl, onlyWhenDue: false, null, c, ct),
            "Let the next version of a key sign.");
        map.List<IdentityListRequest, IdentityKeys>("oidc/role", (r, _, ct) => ListAsync(oidc.Roles, r, ct), "List the roles of identity tokens.");
        map.Read<OidcNameRequest, OidcRoleResponse>("oidc/role/{name}", ReadRoleAsync, "Read a role of identity tokens.");
        map.Write<OidcRoleRequest, Nothing>(
            "oidc/role/{name}", WriteRoleAsync, "Create a role of identity tokens, or change the given fields of one.");
        map.Delete<OidcNameRequest, Nothing>("oidc/role/{name}", DeleteRoleAsync, "Delete a role of identity tokens.");
        map.Read<OidcNameRequest, OidcTokenResponse>("oidc/token/{name}", IssueAsync, "Make an identity token of who the caller is.");
        map.Write<OidcIntrospectRequest, OidcIntrospectResponse>("oidc/introspect", IntrospectAsync, "Tell whether an identity token is good.")
            .Answers(ResponseShape.Bare);
        map.Read<Nothing, OidcDiscovery>(
            "oidc/.well-known/openid-configuration", DiscoverAsync, "Describe the issuer of identity tokens to verifiers.")
            .AllowUnauthenticated().Answers(ResponseShape.Bare);
        map.Read<Nothing, OidcJwks>("oidc/.well-known/keys", PublishAsync, "Publish the public keys of identity tokens.")
            .AllowUnauthenticated().Answers(ResponseShape.Bare);
    }

    private static async ValueTask<Outcome<IdentityKeys>> ListAsync(
        Barrier.StorageView view, IdentityListRequest request, CancellationToken cancellationToken)
    {
        var after = request.After ?? "";
        if (after.Length > 0 && !OidcRecords.IsName(after))
            return Failure.Invalid("identity.invalid_after", "field \"after\": can be no name");
        var names = await view.ListAsync(after, request.Limit, cancellationToken);
        return names.Count > 0 ? new IdentityKeys(names) : Failure.NotFound();
    }

    private async ValueTask<Outcome<OidcConfigResponse>> ReadConfigAsync(
        Nothing request, RequestContext context, CancellationToken cancellationToken) =>
        new OidcConfigResponse((await oidc.Root.ReadRecordAsync(OidcRecords.Config, OidcJson.Settings, cancellationToken))?.Record.Issuer ?? "");

    private async ValueTask<Outcome<Nothing>> WriteConfigAsync(OidcConfigRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var issuer = request.Issuer ?? "";
        if (issuer.Length > 0 && !IsIssuer(issuer))
            return Failure.Invalid(
                "identity.issuer", "field \"issuer\": must be a URL of scheme, host and port alone, such as https://kist.example:8200");
        var settings = new OidcConfigRecord { Issuer = issuer.TrimEnd('/') };
        var outcome = await records.Begin().Put(oidc.Root, OidcRecords.Config, settings, OidcJson.Settings).CommitAsync(cancellationToken);
        if (!outcome.Succeeded)
            return IdentityCommits.UnknownOutcome;
        context.Index = outcome.Revision;
        if (issuer.Length > 0)
            context.Warn("All tokens are verified against the issuer from now on: it must lead to this server's /v1/identity/oidc.");
        return Outcome.Done;
    }

    private static bool IsIssuer(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" && uri.AbsolutePath == "/" && uri.Query.Length == 0
        && uri.Fragment.Length == 0 && uri.UserInfo.Length == 0 && uri.Host.Length > 0;

    private async ValueTask<Outcome<OidcKeyResponse>> ReadKeyAsync(
        OidcNameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await keys.ReadAsync(request.Name, cancellationToken) is { Record: var key }
            ? new OidcKeyResponse(key.Algorithm, key.RotationPeriod, key.VerificationTtl, key.AllowedClientIds)
            : Failure.NotFound();

    private async ValueTask<Outcome<Nothing>> WriteKeyAsync(OidcKeyRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await keys.WriteAsync(
            request.Name ?? "",
            new OidcKeyFields(request.Algorithm, request.RotationPeriod, request.VerificationTtl, request.AllowedClientIds),
            context,
            cancellationToken);

    private async ValueTask<Outcome<OidcRoleResponse>> ReadRoleAsync(
        OidcNameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await RoleAsync(request.Name, cancellationToken) is { Record: var role }
            ? new OidcRoleResponse(role.Key, role.Template, role.ClientId, role.Ttl)
            : Failure.NotFound();

    private ValueTask<Barrier.StoredRecord<OidcRoleRecord>?> RoleAsync(string? name, CancellationToken cancellationToken) =>
        OidcRecords.IsName(name) ? oidc.Roles.ReadRecordAsync(name!, OidcJson.Role, cancellationToken) : default;

    private async ValueTask<Outcome<Nothing>> WriteRoleAsync(OidcRoleRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (!OidcRecords.IsName(request.Name))
            return OidcKeys.InvalidName;
        var template = request.Template is null ? (Outcome<string>?)null : OidcTemplate.Parse(request.Template);
        if (template is { Succeeded: false } bad)
            return bad.Failure;
        return await records.ChangeAsync(context, WriteAsync, cancellationToken);

        async ValueTask<Outcome<Nothing>> WriteAsync(Barrier.Transaction change, CancellationToken ct)
        {
            var stored = await RoleAsync(request.Name, ct);
            var role = stored?.Record ?? new OidcRoleRecord { Key = "", ClientId = RandomNumberGenerator.GetString(Letters, 26), Ttl = Day };
            role = role with
            {
                Key = request.Key ?? role.Key,
                Template = template?.Value ?? role.Template,
                ClientId = string.IsNullOrEmpty(request.ClientId) ? role.ClientId : request.ClientId,
                Ttl = request.Ttl ?? role.Ttl,
            };
            if (role.Key.Length == 0)
                return IdentityFailures.Missing("key");
            if (await keys.ReadAsync(role.Key, ct) is not { } key)
                return OidcKeys.NoKey;
            if (role.Ttl <= TimeSpan.Zero)
                return Failure.Invalid("identity.ttl", "field \"ttl\": must be more than zero");
            if (request.Ttl is not null && role.Ttl > key.Record.VerificationTtl)
                return Failure.Invalid("identity.ttl", "a role's token ttl cannot be longer than the verification_ttl of the key it references");
            if (role.ClientId.Length > IdentityNames.MaxAliasBytes)
                return Failure.Invalid("identity.client_id", $"field \"client_id\": must have at most {IdentityNames.MaxAliasBytes} characters");
            change.Require(oidc.Roles, request.Name!, stored?.Revision ?? 0).Require(oidc.Keys, role.Key, key.Revision)
                .Put(oidc.Roles, request.Name!, role, OidcJson.Role);
            if (stored?.Record.Key != role.Key)
                change.Put(oidc.Root, OidcRecords.Stamp, new OidcStamp(), OidcJson.StampType);
            return Outcome.Done;
        }
    }

    private async ValueTask<Outcome<Nothing>> DeleteRoleAsync(OidcNameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (!OidcRecords.IsName(request.Name))
            return Outcome.Done;
        var outcome = await records.Begin().Delete(oidc.Roles, request.Name!).CommitAsync(cancellationToken);
        if (!outcome.Succeeded)
            return IdentityCommits.UnknownOutcome;
        context.Index = outcome.Revision;
        return Outcome.Done;
    }

    private async ValueTask<Outcome<OidcTokenResponse>> IssueAsync(
        OidcNameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (context.Token!.Entity is not { } entity)
            return Failure.Invalid("identity.no_entity", "no entity associated with the request's token");
        if (await RoleAsync(request.Name, cancellationToken) is not { Record: var role })
            return Failure.Invalid("identity.no_role", "role not found");
        if (await keys.ReadAsync(role.Key, cancellationToken) is not { Record: var key })
            return OidcKeys.NoKey;
        if (!key.AllowedClientIds.Contains("*", StringComparer.Ordinal) && !key.AllowedClientIds.Contains(role.ClientId, StringComparer.Ordinal))
            return Failure.Invalid("identity.client_id", "the key does not list the client ID of the role as an allowed client ID");
        var ttl = role.Ttl < key.VerificationTtl ? role.Ttl : key.VerificationTtl;
        var token = await tokens.IssueAsync(role, entity, ttl, cancellationToken);
        return token.Succeeded ? new OidcTokenResponse(role.ClientId, token.Value, ttl) : token.Failure;
    }

    private async ValueTask<Outcome<OidcIntrospectResponse>> IntrospectAsync(
        OidcIntrospectRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Token is not { Utf8.Length: > 0 } token)
            return IdentityFailures.Missing("token");
        var why = await tokens.WhyNotAsync(token, request.ClientId, cancellationToken);
        return new OidcIntrospectResponse { Active = why is null, Error = why };
    }

    private async ValueTask<Outcome<OidcDiscovery>> DiscoverAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        var issuer = await tokens.IssuerAsync(cancellationToken);
        return !issuer.Succeeded ? issuer.Failure : new OidcDiscovery
        {
            Issuer = issuer.Value,
            JwksUri = issuer.Value + "/.well-known/keys",
            IdTokenSigningAlgValuesSupported = [.. OidcAlgorithm.All.Select(a => a.Name)],
        };
    }

    private async ValueTask<Outcome<OidcJwks>> PublishAsync(Nothing request, RequestContext context, CancellationToken cancellationToken) =>
        new OidcJwks([.. (await published.AllAsync(cancellationToken)).Select(k => k.Jwk)]);
}
