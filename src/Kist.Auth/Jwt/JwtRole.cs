using Kist.Core;
using Kist.Core.Logins;
using Kist.Crypto.Jose;

namespace Kist.Auth.Jwt;

/// <summary>Who may log in as what. Stored as JSON.</summary>
internal sealed record JwtRole
{
    /// <summary>Claims are compared as they are.</summary>
    public const string Literal = "string";

    /// <summary>Claims are compared with patterns.</summary>
    public const string Pattern = "glob";

    /// <summary>A key of metadata that the method writes itself.</summary>
    public const string RoleKey = "role";

    private static readonly TimeSpan UsualClockSkew = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan UsualLeeway = TimeSpan.FromSeconds(150);

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Random: one that is deleted and made anew is another.</summary>
    public string Id { get; init; } = "";

    /// <summary>What tokens may be.</summary>
    public TokenSettings Token { get; init; } = new();

    /// <summary>A token must be for one of these; empty when it may be for nobody, and then only for nobody.</summary>
    public IReadOnlyList<string> BoundAudiences { get; init; } = [];

    /// <summary>Whom a token must be about; empty for anybody.</summary>
    public string BoundSubject { get; init; } = "";

    /// <summary>Claims that a token must have, each with one of some values.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> BoundClaims { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary><see cref="Literal"/> or <see cref="Pattern"/>.</summary>
    public string BoundClaimsType { get; init; } = Literal;

    /// <summary>Claims that become metadata, with the keys that they get.</summary>
    public IReadOnlyDictionary<string, string> ClaimMappings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The claim that names the caller.</summary>
    public string UserClaim { get; init; } = "";

    /// <summary>Whether that may be a JSON Pointer.</summary>
    public bool UserClaimJsonPointer { get; init; }

    /// <summary>The claim that lists groups; empty for none.</summary>
    public string GroupsClaim { get; init; } = "";

    /// <summary>How far clocks may differ: zero for the usual, less for not at all.</summary>
    public TimeSpan ClockSkewLeeway { get; init; }

    /// <summary>How long a token is good without <c>exp</c>: zero for the usual, less for not at all.</summary>
    public TimeSpan ExpirationLeeway { get; init; }

    /// <summary>How long before <c>exp</c> a token is good that says nothing else: zero for the usual, less for not at all.</summary>
    public TimeSpan NotBeforeLeeway { get; init; }

    /// <summary>The leeways in force.</summary>
    public JwtLeeways Leeways() => new(
        Effective(ClockSkewLeeway, UsualClockSkew), Effective(ExpirationLeeway, UsualLeeway), Effective(NotBeforeLeeway, UsualLeeway));

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public Failure? Check()
    {
        if (UserClaim.Length == 0)
            return Invalid("field \"user_claim\": a user claim must be defined on the role");
        if (BoundClaimsType is not (Literal or Pattern))
            return Invalid($"field \"bound_claims_type\": must be {Literal} or {Pattern}");
        if (BoundAudiences.Count == 0 && BoundSubject.Length == 0 && BoundClaims.Count == 0 && Token.TokenBoundCidrs.Count == 0)
        {
            return Invalid(
                "one of \"bound_audiences\", \"bound_subject\", \"bound_claims\" and \"token_bound_cidrs\" must be set, or all tokens of the issuer would do");
        }
        if (BoundClaims.FirstOrDefault(c => c.Value.Count == 0).Key is { } empty)
            return Invalid($"field \"bound_claims\": \"{empty}\" has no value that a token could have");
        if (Paths().FirstOrDefault(p => ClaimPath.TryParse(p) is null) is { } path)
            return Invalid($"\"{path}\" is neither the name of a claim nor a JSON Pointer");
        if (ClaimMappings.Values.Any(key => key is "" or RoleKey))
            return Invalid($"field \"claim_mappings\": metadata key \"{RoleKey}\" is reserved and may not be a mapping destination, and none is empty");
        return ClaimMappings.Values.Distinct(StringComparer.Ordinal).Count() < ClaimMappings.Count
            ? Invalid("field \"claim_mappings\": several claims are mapped to one key")
            : null;
    }

    private IEnumerable<string> Paths()
    {
        IEnumerable<string> paths = [.. BoundClaims.Keys, .. ClaimMappings.Keys];
        if (GroupsClaim.Length > 0)
            paths = paths.Append(GroupsClaim);
        return UserClaimJsonPointer ? paths.Append(UserClaim) : paths;
    }

    private static TimeSpan Effective(TimeSpan given, TimeSpan usual)
    {
        if (given == TimeSpan.Zero)
            return usual;
        return given < TimeSpan.Zero ? TimeSpan.Zero : given;
    }

    private static Failure Invalid(string why) => Failure.Invalid("jwt.invalid_role", why);
}
