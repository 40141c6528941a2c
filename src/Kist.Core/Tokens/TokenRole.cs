using System.Text.Json.Serialization;

namespace Kist.Core.Tokens;

/// <summary>A token role as stored: what tokens made by <c>auth/token/create/ROLE</c> may be.</summary>
public sealed record TokenRole
{
    /// <summary>Largest role, in bytes of JSON as stored.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Policies that its tokens may have.</summary>
    public IReadOnlyList<string> AllowedPolicies { get; init; } = [];

    /// <summary>The same as patterns with <c>*</c>.</summary>
    public IReadOnlyList<string> AllowedPoliciesGlob { get; init; } = [];

    /// <summary>Policies that its tokens never have.</summary>
    public IReadOnlyList<string> DisallowedPolicies { get; init; } = [];

    /// <summary>The same as patterns with <c>*</c>.</summary>
    public IReadOnlyList<string> DisallowedPoliciesGlob { get; init; } = [];

    /// <summary>Its tokens have no parent.</summary>
    public bool Orphan { get; init; }

    /// <summary>Its tokens can be renewed.</summary>
    public bool Renewable { get; init; } = true;

    /// <summary>Appended to the path of its tokens, so that they can be revoked by prefix.</summary>
    public string PathSuffix { get; init; } = "";

    /// <summary>Entity aliases that a request may name; kept for identities.</summary>
    public IReadOnlyList<string> AllowedEntityAliases { get; init; } = [];

    /// <summary>Networks (CIDR) that its tokens are bound to.</summary>
    public IReadOnlyList<string> TokenBoundCidrs { get; init; } = [];

    /// <summary>No renewal of its tokens reaches beyond this age; zero for none.</summary>
    public TimeSpan TokenExplicitMaxTtl { get; init; }

    /// <summary>Its tokens do not get <c>default</c> by themselves.</summary>
    public bool TokenNoDefaultPolicy { get; init; }

    /// <summary>Uses of its tokens; 0 is unlimited.</summary>
    public int TokenNumUses { get; init; }

    /// <summary>Its tokens are periodic; zero for others.</summary>
    public TimeSpan TokenPeriod { get; init; }

    /// <summary><c>default-service</c>, <c>default-batch</c>, <c>service</c> or <c>batch</c>.</summary>
    public string TokenType { get; init; } = "default-service";

    /// <summary>True when it has any list of policies, which then replaces the parent's.</summary>
    [JsonIgnore]
    public bool RestrictsPolicies => LimitsAllowed || DisallowedPolicies.Count > 0 || DisallowedPoliciesGlob.Count > 0;

    /// <summary>True when it names the policies that it allows.</summary>
    [JsonIgnore]
    public bool LimitsAllowed => AllowedPolicies.Count > 0 || AllowedPoliciesGlob.Count > 0;

    /// <summary>True when its tokens never have the policy.</summary>
    public bool Disallows(string policy) =>
        DisallowedPolicies.Contains(policy, StringComparer.OrdinalIgnoreCase) || PolicyGlob.AnyMatches(DisallowedPoliciesGlob, policy);
}
