using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Kist.Core.Tokens.Routes;

/// <summary>Names a token role.</summary>
public sealed record TokenRoleName
{
    /// <summary>Of the path.</summary>
    [Description("Name of the role.")]
    public string? RoleName { get; init; }
}

/// <summary>Creates a token role or changes the given fields of one.</summary>
public sealed record TokenRoleRequest
{
    /// <summary>Of the path.</summary>
    [Description("Name of the role.")]
    public string? RoleName { get; init; }

    /// <summary>Policies that its tokens may have.</summary>
    [Description("Policies that its tokens may have; those asked for must be among them.")]
    public IReadOnlyList<string>? AllowedPolicies { get; init; }

    /// <summary>The same as patterns.</summary>
    [Description("Policies that its tokens may have, as patterns with *.")]
    public IReadOnlyList<string>? AllowedPoliciesGlob { get; init; }

    /// <summary>Policies that its tokens never have.</summary>
    [Description("Policies that its tokens never have.")]
    public IReadOnlyList<string>? DisallowedPolicies { get; init; }

    /// <summary>The same as patterns.</summary>
    [Description("Policies that its tokens never have, as patterns with *.")]
    public IReadOnlyList<string>? DisallowedPoliciesGlob { get; init; }

    /// <summary>Its tokens have no parent.</summary>
    [Description("Its tokens have no parent.")]
    public bool? Orphan { get; init; }

    /// <summary>Its tokens can be renewed.</summary>
    [Description("Its tokens can be renewed; true if not given.")]
    public bool? Renewable { get; init; }

    /// <summary>Appended to the path of its tokens.</summary>
    [Description("Appended to the path of its tokens, so that they can be revoked by prefix.")]
    public string? PathSuffix { get; init; }

    /// <summary>Entity aliases that a request may name.</summary>
    [Description("Entity aliases that a request may name, as patterns with *.")]
    public IReadOnlyList<string>? AllowedEntityAliases { get; init; }

    /// <summary>Networks that its tokens are bound to.</summary>
    [Description("Networks (CIDR) that its tokens may be used from.")]
    public IReadOnlyList<string>? TokenBoundCidrs { get; init; }

    /// <summary>Former name of <see cref="TokenBoundCidrs"/>.</summary>
    [Description("Use token_bound_cidrs instead.")]
    public IReadOnlyList<string>? BoundCidrs { get; init; }

    /// <summary>The longest age.</summary>
    [Description("No renewal of its tokens reaches beyond this age.")]
    public TimeSpan? TokenExplicitMaxTtl { get; init; }

    /// <summary>Former name of <see cref="TokenExplicitMaxTtl"/>.</summary>
    [Description("Use token_explicit_max_ttl instead.")]
    public TimeSpan? ExplicitMaxTtl { get; init; }

    /// <summary>Leaves out <c>default</c>.</summary>
    [Description("Its tokens do not get the policy \"default\" by themselves.")]
    public bool? TokenNoDefaultPolicy { get; init; }

    /// <summary>Uses.</summary>
    [Description("How many requests its tokens are good for; 0 is unlimited.")]
    public int? TokenNumUses { get; init; }

    /// <summary>The period.</summary>
    [Description("Makes its tokens periodic: renewals have no maximum.")]
    public TimeSpan? TokenPeriod { get; init; }

    /// <summary>Former name of <see cref="TokenPeriod"/>.</summary>
    [Description("Use token_period instead.")]
    public TimeSpan? Period { get; init; }

    /// <summary>The type.</summary>
    [Description("default-service (default), default-batch, service or batch.")]
    public string? TokenType { get; init; }

    /// <summary>The role with the given fields changed, or what is wrong with it.</summary>
    internal Outcome<TokenRole> ApplyTo(TokenRole role)
    {
        var changed = role with
        {
            AllowedPolicies = Names(AllowedPolicies) ?? role.AllowedPolicies,
            AllowedPoliciesGlob = Names(AllowedPoliciesGlob) ?? role.AllowedPoliciesGlob,
            DisallowedPolicies = Names(DisallowedPolicies) ?? role.DisallowedPolicies,
            DisallowedPoliciesGlob = Names(DisallowedPoliciesGlob) ?? role.DisallowedPoliciesGlob,
            Orphan = Orphan ?? role.Orphan,
            Renewable = Renewable ?? role.Renewable,
            PathSuffix = PathSuffix ?? role.PathSuffix,
            AllowedEntityAliases = AllowedEntityAliases ?? role.AllowedEntityAliases,
            TokenBoundCidrs = TokenBoundCidrs ?? BoundCidrs ?? role.TokenBoundCidrs,
            TokenExplicitMaxTtl = TokenExplicitMaxTtl ?? ExplicitMaxTtl ?? role.TokenExplicitMaxTtl,
            TokenNoDefaultPolicy = TokenNoDefaultPolicy ?? role.TokenNoDefaultPolicy,
            TokenNumUses = TokenNumUses ?? role.TokenNumUses,
            TokenPeriod = TokenPeriod ?? Period ?? role.TokenPeriod,
            TokenType = TokenType ?? role.TokenType,
        };
        return Check(changed) is { } bad ? bad : changed;
    }

    private static IReadOnlyList<string>? Names(IReadOnlyList<string>? policies) => policies is null ? null : TokenPolicyRules.Names(policies);

    private static Failure? Check(TokenRole role)
    {
        if (!TokenTypes.OfRoles.Contains(role.TokenType, StringComparer.Ordinal))
            return Invalid("token_type", $"must be one of {string.Join(", ", TokenTypes.OfRoles)}");
        if (role.TokenExplicitMaxTtl < TimeSpan.Zero)
            return Invalid("token_explicit_max_ttl", "must not be negative");
        if (role.TokenPeriod < TimeSpan.Zero)
            return Invalid("token_period", "must not be negative");
        if (role.TokenNumUses < 0)
            return Invalid("token_num_uses", "must not be negative");
        if (role.TokenType.EndsWith("batch", StringComparison.Ordinal) && role.TokenNumUses > 0)
            return Invalid("token_type", "cannot be batch or default-batch when set to generate tokens with limited use count");
        if (role.TokenBoundCidrs.FirstOrDefault(c => !BoundNetworks.TryParse(c, out _)) is { } cidr)
            return Invalid("token_bound_cidrs", $"\"{cidr}\" is neither a network in CIDR form nor an address");
        return role.PathSuffix.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')
            ? null
            : Invalid("path_suffix", "may have letters, digits, \"_\", \"-\" and \".\"");
    }

    private static Failure Invalid(string field, string what) => Failure.Invalid("token.invalid_role", $"field \"{field}\": {what}");
}

/// <summary>A token role.</summary>
public sealed record TokenRoleResponse
{
    /// <summary>Entity aliases that a request may name.</summary>
    public required IReadOnlyList<string> AllowedEntityAliases { get; init; }

    /// <summary>Policies that its tokens may have.</summary>
    public required IReadOnlyList<string> AllowedPolicies { get; init; }

    /// <summary>The same as patterns.</summary>
    public required IReadOnlyList<string> AllowedPoliciesGlob { get; init; }

    /// <summary>Policies that its tokens never have.</summary>
    public required IReadOnlyList<string> DisallowedPolicies { get; init; }

    /// <summary>The same as patterns.</summary>
    public required IReadOnlyList<string> DisallowedPoliciesGlob { get; init; }

    /// <summary>As <see cref="TokenExplicitMaxTtl"/>, for older clients.</summary>
    public required TimeSpan ExplicitMaxTtl { get; init; }

    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>Its tokens have no parent.</summary>
    public required bool Orphan { get; init; }

    /// <summary>Appended to the path of its tokens.</summary>
    public required string PathSuffix { get; init; }

    /// <summary>As <see cref="TokenPeriod"/>, for older clients.</summary>
    public required TimeSpan Period { get; init; }

    /// <summary>Its tokens can be renewed.</summary>
    public required bool Renewable { get; init; }

    /// <summary>Networks that its tokens are bound to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? TokenBoundCidrs { get; init; }

    /// <summary>No renewal of its tokens reaches beyond this age; 0 for none.</summary>
    public required TimeSpan TokenExplicitMaxTtl { get; init; }

    /// <summary>Its tokens do not get <c>default</c> by themselves.</summary>
    public required bool TokenNoDefaultPolicy { get; init; }

    /// <summary>Uses of its tokens; 0 is unlimited.</summary>
    public required int TokenNumUses { get; init; }

    /// <summary>The period of its tokens; 0 for none.</summary>
    public required TimeSpan TokenPeriod { get; init; }

    /// <summary>default-service, default-batch, service or batch.</summary>
    public required string TokenType { get; init; }

    internal static TokenRoleResponse Of(TokenRole role) => new()
    {
        AllowedEntityAliases = role.AllowedEntityAliases,
        AllowedPolicies = role.AllowedPolicies,
        AllowedPoliciesGlob = role.AllowedPoliciesGlob,
        DisallowedPolicies = role.DisallowedPolicies,
        DisallowedPoliciesGlob = role.DisallowedPoliciesGlob,
        ExplicitMaxTtl = role.TokenExplicitMaxTtl,
        Name = role.Name,
        Orphan = role.Orphan,
        PathSuffix = role.PathSuffix,
        Period = role.TokenPeriod,
        Renewable = role.Renewable,
        TokenBoundCidrs = role.TokenBoundCidrs.Count > 0 ? role.TokenBoundCidrs : null,
        TokenExplicitMaxTtl = role.TokenExplicitMaxTtl,
        TokenNoDefaultPolicy = role.TokenNoDefaultPolicy,
        TokenNumUses = role.TokenNumUses,
        TokenPeriod = role.TokenPeriod,
        TokenType = role.TokenType,
    };
}
