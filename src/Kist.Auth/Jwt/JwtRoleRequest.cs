using System.ComponentModel;
using System.Text;
using System.Text.Json;
using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Routing.Fields;

namespace Kist.Auth.Jwt;

internal sealed record JwtRoleRequest : RoleRequest
{
    [Description("\"jwt\", the one type that there is; taken if not given.")]
    public string? RoleType { get; init; }

    [Description("A token must be for one of these; one that is for somebody does not do without them.")]
    public IReadOnlyList<string>? BoundAudiences { get; init; }

    [Description("What a token must have as \"sub\".")]
    public string? BoundSubject { get; init; }

    [Description("Claims (names or JSON Pointers) that a token must have, with the value or the list of values of which it must have one.")]
    public RawJson BoundClaims { get; init; }

    [Description("\"string\": values of bound_claims are compared as they are (default); \"glob\": * in them stands for anything.")]
    public string? BoundClaimsType { get; init; }

    [Description("Claims (names or JSON Pointers) that become metadata, with the keys that they get there.")]
    public IReadOnlyDictionary<string, string>? ClaimMappings { get; init; }

    [Description("The claim that names the caller; required.")]
    public string? UserClaim { get; init; }

    [Description("user_claim may be a JSON Pointer.")]
    public bool? UserClaimJsonPointer { get; init; }

    [Description("The claim (a name or a JSON Pointer) that lists the caller's groups.")]
    public string? GroupsClaim { get; init; }

    [Description("How far clocks may differ: 60s if 0, not at all if -1.")]
    public TimeSpan? ClockSkewLeeway { get; init; }

    [Description("How long a token without \"exp\" is good: 150s if 0, not at all if -1.")]
    public TimeSpan? ExpirationLeeway { get; init; }

    [Description("How long before \"exp\" a token begins that says nothing else: 150s if 0, not at all if -1.")]
    public TimeSpan? NotBeforeLeeway { get; init; }

    /// <summary>The role with the given fields changed, or what is wrong with it.</summary>
    public Outcome<JwtRole> ApplyTo(JwtRole role)
    {
        if (RoleType is not (null or "" or "jwt"))
            return Failure.Invalid("jwt.invalid_role", "field \"role_type\": only \"jwt\" is supported; logins in a browser (\"oidc\") are not");
        var settings = SettingsOver(role.Token);
        if (!settings.Succeeded)
            return settings.Failure;
        var claims = BoundClaims.IsEmpty ? new(role.BoundClaims) : ReadClaims(BoundClaims.Utf8);
        if (!claims.Succeeded)
            return claims.Failure;
        var changed = role with
        {
            Token = settings.Value,
            BoundAudiences = BoundAudiences ?? role.BoundAudiences,
            BoundSubject = BoundSubject ?? role.BoundSubject,
            BoundClaims = claims.Value,
            BoundClaimsType = BoundClaimsType ?? role.BoundClaimsType,
            ClaimMappings = ClaimMappings ?? role.ClaimMappings,
            UserClaim = UserClaim ?? role.UserClaim,
            UserClaimJsonPointer = UserClaimJsonPointer ?? role.UserClaimJsonPointer,
            GroupsClaim = GroupsClaim ?? role.GroupsClaim,
            ClockSkewLeeway = ClockSkewLeeway ?? role.ClockSkewLeeway,
            ExpirationLeeway = ExpirationLeeway ?? role.ExpirationLeeway,
            NotBeforeLeeway = NotBeforeLeeway ?? role.NotBeforeLeeway,
        };
        return changed.Check() is { } bad ? bad : changed;
    }

    // An object, or a text with one in it, as command lines give it.
    private static Outcome<IReadOnlyDictionary<string, IReadOnlyList<string>>> ReadClaims(ReadOnlyMemory<byte> json)
    {
        var claims = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        try
        {
            var given = JsonElement.Parse(json.Span);
            if (given.ValueKind == JsonValueKind.Null)
                return new(claims);
            if (given.ValueKind == JsonValueKind.String)
                given = JsonElement.Parse(Encoding.UTF8.GetBytes(given.GetString()!), new JsonDocumentOptions { AllowDuplicateProperties = false });
            foreach (var claim in given.EnumerateObject())
            {
                var values = claim.Value.ValueKind == JsonValueKind.Array ? [.. claim.Value.EnumerateArray()] : new List<JsonElement> { claim.Value };
                if (values.Any(v => ClaimValues.TextOf(v) is null))
                    return Bad(claim.Name);
                claims[claim.Name] = [.. values.Select(v => ClaimValues.TextOf(v)!)];
            }
            return new(claims);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Failure.Invalid("jwt.invalid_role", "field \"bound_claims\": expected an object of claims with their values");
        }
    }

    private static Failure Bad(string claim) =>
        Failure.Invalid("jwt.invalid_role", $"field \"bound_claims\": the value of \"{claim}\" must be a text, a number, a boolean or a list of these");
}
