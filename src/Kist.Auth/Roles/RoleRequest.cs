using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Logins;

namespace Kist.Auth.Roles;

/// <summary>The token parameters of a role under their names and under those that they had before Vault 1.2, which clients still send.</summary>
internal abstract record RoleRequest : TokenSettingsRequest
{
    [Description("Name of the role.")]
    [AuditPlain]
    public string? Name { get; init; }

    [Description("Use token_policies instead.")]
    public IReadOnlyList<string>? Policies { get; init; }

    [Description("Use token_ttl instead.")]
    public TimeSpan? Ttl { get; init; }

    [Description("Use token_max_ttl instead.")]
    public TimeSpan? MaxTtl { get; init; }

    [Description("Use token_period instead.")]
    public TimeSpan? Period { get; init; }

    [Description("Use token_bound_cidrs instead.")]
    public IReadOnlyList<string>? BoundCidrs { get; init; }

    [Description("Use token_num_uses instead.")]
    public int? NumUses { get; init; }

    /// <summary>The settings with the given fields changed, or what is wrong with them. A new name goes before its old one.</summary>
    protected Outcome<TokenSettings> SettingsOver(TokenSettings settings) => (this with
    {
        TokenPolicies = TokenPolicies ?? Policies,
        TokenTtl = TokenTtl ?? Ttl,
        TokenMaxTtl = TokenMaxTtl ?? MaxTtl,
        TokenPeriod = TokenPeriod ?? Period,
        TokenBoundCidrs = TokenBoundCidrs ?? BoundCidrs,
        TokenNumUses = TokenNumUses ?? NumUses,
    }).ApplyTo(settings);
}

/// <summary>Names a role.</summary>
internal sealed record RoleNameRequest
{
    [Description("Name of the role.")]
    [AuditPlain]
    public string? Name { get; init; }
}

/// <summary>Asks for the names of roles.</summary>
internal sealed record ListRolesRequest
{
    [Description("Answer only names greater than this, which need not exist.")]
    public string? After { get; init; }

    [Description("Most names to answer; 0 for all.")]
    [AuditPlain]
    public int Limit { get; init; }
}

/// <summary>Names of roles.</summary>
internal sealed record RoleNames
{
    [Description("The names of the roles.")]
    public IReadOnlyList<string> Keys { get; init; } = [];
}
