using System.Text.Json.Serialization;
using Kist.Core.Pipeline;
using Kist.Core.Tokens;

namespace Kist.Core.Logins;

/// <summary>What the tokens of a role or user may be, as stored in their record: the parameters that all auth methods share.</summary>
public sealed record TokenSettings
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>TTL; zero for the mount's default.</summary>
    public TimeSpan TokenTtl { get; init; }

    /// <summary>Longest life; zero for the mount's.</summary>
    public TimeSpan TokenMaxTtl { get; init; }

    /// <summary>Policies, in lower case.</summary>
    public IReadOnlyList<string> TokenPolicies { get; init; } = [];

    /// <summary>Networks (CIDR) from which one may log in, and the token may be used; empty for all.</summary>
    public IReadOnlyList<string> TokenBoundCidrs { get; init; } = [];

    /// <summary>No renewal reaches beyond this age; zero for none.</summary>
    public TimeSpan TokenExplicitMaxTtl { get; init; }

    /// <summary>Tokens do not get <c>default</c> by themselves.</summary>
    public bool TokenNoDefaultPolicy { get; init; }

    /// <summary>Uses; 0 is unlimited.</summary>
    public int TokenNumUses { get; init; }

    /// <summary>Each renewal sets the TTL to this, without a maximum; zero for tokens that are not periodic.</summary>
    public TimeSpan TokenPeriod { get; init; }

    /// <summary><c>default</c> (the mount's), <c>service</c>, <c>batch</c>, <c>default-service</c> or <c>default-batch</c>.</summary>
    public string TokenType { get; init; } = LoginTokenType.Default;

    /// <summary>What a login and a renewal require besides the method's own proof; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LoginRequirement? AlsoRequires { get; init; }

    /// <summary>
    /// Whether a request may log in by it, as far as the client's network, its second proof and the time say. A method that tries several roles asks; of the
    /// one that a login names the core asks itself.
    /// </summary>
    public bool Admits(Request request, DateTimeOffset now) =>
        BoundNetworks.Of(TokenBoundCidrs).Contain(request.ClientAddress) && (AlsoRequires is not { } required || required.IsMetBy(request, now));

    /// <summary>The policies of a token, with <c>default</c> unless it is not wanted.</summary>
    /// <param name="more">Beyond <see cref="TokenPolicies"/>.</param>
    internal IReadOnlyList<string> PoliciesWith(IReadOnlyList<string> more) =>
        TokenPolicyRules.Sanitize([.. TokenPolicies, .. more], addDefault: !TokenNoDefaultPolicy);

    /// <summary>What is wrong with it; null when nothing is.</summary>
    internal Failure? Check()
    {
        if (TokenTtl < TimeSpan.Zero)
            return Invalid("token_ttl", "must not be negative");
        if (TokenMaxTtl < TimeSpan.Zero)
            return Invalid("token_max_ttl", "must not be negative");
        if (TokenMaxTtl > TimeSpan.Zero && TokenTtl > TokenMaxTtl)
            return Invalid("token_ttl", "must not be longer than token_max_ttl");
        if (TokenExplicitMaxTtl < TimeSpan.Zero)
            return Invalid("token_explicit_max_ttl", "must not be negative");
        if (TokenPeriod < TimeSpan.Zero)
            return Invalid("token_period", "must not be negative");
        if (TokenNumUses < 0)
            return Invalid("token_num_uses", "must not be negative");
        if (!LoginTokenType.All.Contains(TokenType, StringComparer.Ordinal))
            return Invalid("token_type", $"must be one of {string.Join(", ", LoginTokenType.All)}");
        if (TokenType.EndsWith("batch", StringComparison.Ordinal) && (TokenNumUses > 0 || TokenPeriod > TimeSpan.Zero))
            return Invalid("token_type", "batch tokens can have neither token_num_uses nor token_period");
        if (TokenPolicyRules.NotAssignableIn(TokenPolicies) is { } reserved)
            return Invalid("token_policies", $"\"{reserved}\" cannot be given to a token");
        if (TokenPolicies.Contains("root", StringComparer.Ordinal))
            return Invalid("token_policies", "auth methods cannot create root tokens");
        if (AlsoRequires?.Check() is { } bad)
            return bad;
        return TokenBoundCidrs.FirstOrDefault(c => !BoundNetworks.TryParse(c, out _)) is { } cidr
            ? Invalid("token_bound_cidrs", $"\"{cidr}\" is neither a network in CIDR form nor an address")
            : null;
    }

    private static Failure Invalid(string field, string what) => Failure.Invalid("login.invalid_settings", $"field \"{field}\": {what}");
}
