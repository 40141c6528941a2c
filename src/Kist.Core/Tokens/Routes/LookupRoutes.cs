using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Crypto;

namespace Kist.Core.Tokens.Routes;

/// <summary>Names a token by its id or accessor.</summary>
public sealed record TokenNameRequest
{
    /// <summary>The id.</summary>
    [Description("The token; the caller's own if not given to a lookup.")]
    public SecretText? Token { get; init; }

    /// <summary>The accessor.</summary>
    [Description("Accessor of the token.")]
    public string? Accessor { get; init; }
}

/// <summary>What a token is.</summary>
public sealed record TokenLookup
{
    /// <summary>Names the token without granting anything.</summary>
    public required string Accessor { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required long CreationTime { get; init; }

    /// <summary>The TTL at creation.</summary>
    public required TimeSpan CreationTtl { get; init; }

    /// <summary>For people.</summary>
    public required string DisplayName { get; init; }

    /// <summary>The identity entity, or empty.</summary>
    public required string EntityId { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public required DateTimeOffset? ExpireTime { get; init; }

    /// <summary>No renewal reaches beyond this age; 0 for none.</summary>
    public required TimeSpan ExplicitMaxTtl { get; init; }

    /// <summary>The token as the caller named it; empty after a lookup by accessor.</summary>
    public required SecretText Id { get; init; }

    /// <summary>When it was issued.</summary>
    public required DateTimeOffset IssueTime { get; init; }

    /// <summary>Metadata, or null.</summary>
    public required IReadOnlyDictionary<string, string>? Meta { get; init; }

    /// <summary>Uses left; 0 is unlimited.</summary>
    public required int NumUses { get; init; }

    /// <summary>True without a parent.</summary>
    public required bool Orphan { get; init; }

    /// <summary>The path that issued it.</summary>
    public required string Path { get; init; }

    /// <summary>Its policies.</summary>
    public required IReadOnlyList<string> Policies { get; init; }

    /// <summary>The policies that it has by its identity besides.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? IdentityPolicies { get; init; }

    /// <summary>True when it can be renewed.</summary>
    public required bool Renewable { get; init; }

    /// <summary>Time left; 0 for a token without end.</summary>
    public required TimeSpan Ttl { get; init; }

    /// <summary>service or batch.</summary>
    public required string Type { get; init; }

    /// <summary>Networks it is bound to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? BoundCidrs { get; init; }

    /// <summary>When it was last renewed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? LastRenewal { get; init; }

    /// <summary>The same in seconds since 1970.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? LastRenewalTime { get; init; }

    /// <summary>The period of a periodic token.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimeSpan? Period { get; init; }

    /// <summary>The token role that made it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Role { get; init; }

    /// <summary>Of a token at a moment.</summary>
    public static TokenLookup Of(TokenEntry entry, SecretText id, IReadOnlyList<string> identityPolicies, DateTimeOffset now) => new()
    {
        Accessor = entry.Accessor,
        CreationTime = entry.IssuedAt.ToUnixTimeSeconds(),
        CreationTtl = entry.CreationTtl,
        DisplayName = entry.DisplayName,
        EntityId = entry.EntityId,
        ExpireTime = entry.ExpiresAt,
        ExplicitMaxTtl = entry.ExplicitMaxTtl,
        Id = id,
        IssueTime = entry.IssuedAt,
        Meta = entry.Metadata.Count > 0 ? entry.Metadata : null,
        NumUses = Math.Max(entry.NumUses, 0),
        Orphan = entry.ParentHash.Length == 0,
        Path = entry.Path,
        Policies = entry.Policies,
        IdentityPolicies = identityPolicies.Count > 0 ? identityPolicies : null,
        Renewable = entry.Renewable,
        Ttl = entry.ExpiresAt is { } end ? end - now : TimeSpan.Zero,
        Type = TokenTypes.NameOf(entry.Type),
        BoundCidrs = entry.BoundCidrs.Count > 0 ? entry.BoundCidrs : null,
        LastRenewal = entry.LastRenewal,
        LastRenewalTime = entry.LastRenewal?.ToUnixTimeSeconds(),
        Period = entry.Period > TimeSpan.Zero ? entry.Period : null,
        Role = entry.Role.Length > 0 ? entry.Role : null,
    };
}

/// <summary><c>lookup</c>, <c>lookup-self</c> and <c>lookup-accessor</c>.</summary>
internal sealed class LookupRoutes(TokenStore tokens, TimeProvider clock)
{
    public void Add(RouteMap map)
    {
        map.Read<TokenNameRequest, TokenLookup>("lookup", LookupAsync, "Show a token, or the caller's own.");
        map.Write<TokenNameRequest, TokenLookup>("lookup", LookupAsync, "Show a token, or the caller's own.");
        map.Read<Nothing, TokenLookup>("lookup-self", LookupSelf, "Show the caller's own token.");
        map.Write<Nothing, TokenLookup>("lookup-self", LookupSelf, "Show the caller's own token.");
        map.Write<TokenNameRequest, TokenLookup>("lookup-accessor", LookupByAccessorAsync, "Show the token of an accessor, without its id.");
    }

    private async ValueTask<Outcome<TokenLookup>> LookupAsync(TokenNameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Token is not { Utf8.Length: > 0 } id)
            return await LookupSelf(default, context, cancellationToken);
        return await tokens.FindAsync(id, cancellationToken) is { } token
            ? await ShowAsync(token, id, cancellationToken)
            : TokenFailures.BadToken;
    }

    private ValueTask<Outcome<TokenLookup>> LookupSelf(Nothing request, RequestContext context, CancellationToken cancellationToken) =>
        new(TokenLookup.Of(context.Token!.Entry, context.Request.Token!, context.Token.IdentityPolicies, clock.GetUtcNow()));

    private async ValueTask<Outcome<TokenLookup>> LookupByAccessorAsync(
        TokenNameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var found = await tokens.FindNamedByAccessorAsync(request, context, cancellationToken);
        return found.Succeeded ? await ShowAsync(found.Value, new SecretText(""), cancellationToken) : found.Failure;
    }

    private async ValueTask<TokenLookup> ShowAsync(StoredToken token, SecretText id, CancellationToken cancellationToken) =>
        TokenLookup.Of(token.Entry, id, await tokens.IdentityPoliciesOfAsync(token, cancellationToken), clock.GetUtcNow());
}

/// <summary>Finds what a request names.</summary>
internal static class TokenNames
{
    public static async ValueTask<Outcome<StoredToken>> FindNamedByAccessorAsync(
        this TokenStore tokens, TokenNameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(request.Accessor))
            return Failure.Invalid("token.missing_accessor", "missing accessor");
        return await tokens.FindByAccessorAsync(context.Request.Namespace, request.Accessor, cancellationToken) is { } token
            ? token
            : TokenFailures.InvalidAccessor;
    }
}
