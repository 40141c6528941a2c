using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Kist.Core.Logins;
using Kist.Core.Routing.Fields;

namespace Kist.Auth.Jwt;

internal sealed record JwtRoleResponse : TokenSettingsResponse
{
    [SetsRequiredMembers]
    public JwtRoleResponse(JwtRole role)
        : base(role.Token)
    {
        BoundAudiences = role.BoundAudiences;
        BoundSubject = role.BoundSubject;
        BoundClaims = role.BoundClaims.ToDictionary(c => c.Key, c => Shown(c.Value), StringComparer.Ordinal);
        BoundClaimsType = role.BoundClaimsType;
        ClaimMappings = role.ClaimMappings;
        UserClaim = role.UserClaim;
        UserClaimJsonPointer = role.UserClaimJsonPointer;
        GroupsClaim = role.GroupsClaim;
        ClockSkewLeeway = role.ClockSkewLeeway;
        ExpirationLeeway = role.ExpirationLeeway;
        NotBeforeLeeway = role.NotBeforeLeeway;
    }

    public string RoleType { get; } = "jwt";

    public IReadOnlyList<string> BoundAudiences { get; }

    public string BoundSubject { get; }

    public IReadOnlyDictionary<string, RawJson> BoundClaims { get; }

    public string BoundClaimsType { get; }

    public IReadOnlyDictionary<string, string> ClaimMappings { get; }

    public string UserClaim { get; }

    public bool UserClaimJsonPointer { get; }

    public string GroupsClaim { get; }

    public TimeSpan ClockSkewLeeway { get; }

    public TimeSpan ExpirationLeeway { get; }

    public TimeSpan NotBeforeLeeway { get; }

    // One value as it may have been written.
    private static RawJson Shown(IReadOnlyList<string> values) => new(
        values.Count == 1
            ? JsonSerializer.SerializeToUtf8Bytes(values[0], JwtShownJson.Default.String)
            : JsonSerializer.SerializeToUtf8Bytes(values, JwtShownJson.Default.IReadOnlyListString));
}
