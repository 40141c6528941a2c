using Kist.Core;
using Kist.Core.Logins;
using Kist.Core.Tokens;

namespace Kist.Auth.AppRole.Stored;

/// <summary>A role, stored as JSON under its name in lower case.</summary>
internal sealed record RoleRecord
{
    /// <summary>Longest TTL of a secret id: dates end at the year 9999.</summary>
    public static readonly TimeSpan LongestTtl = TimeSpan.FromDays(365 * 100);

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Random. The secret ids lie under it, not under the name: they end with the role, whatever role has its name later.</summary>
    public required string Id { get; init; }

    /// <summary>The id by which programs log in.</summary>
    public required string RoleId { get; init; }

    /// <summary>A login needs a secret id.</summary>
    public bool BindSecretId { get; init; } = true;

    /// <summary>Networks (CIDR) from which one may log in; empty for all.</summary>
    public IReadOnlyList<string> SecretIdBoundCidrs { get; init; } = [];

    /// <summary>Uses of new secret ids; 0 is unlimited.</summary>
    public int SecretIdNumUses { get; init; }

    /// <summary>TTL of new secret ids; zero for no end.</summary>
    public TimeSpan SecretIdTtl { get; init; }

    /// <summary>Set by clients; Kist has one store, to which all secret ids are local.</summary>
    public bool LocalSecretIds { get; init; }

    /// <summary>What the tokens may be.</summary>
    public required TokenSettings Token { get; init; }

    /// <summary>What is wrong with what is not in <see cref="Token"/>; null when nothing is.</summary>
    public Failure? Check()
    {
        if (SecretIdNumUses < 0)
            return AppRoleFailures.Invalid("secret_id_num_uses", "must not be negative");
        if (SecretIdTtl < TimeSpan.Zero || SecretIdTtl > LongestTtl)
            return AppRoleFailures.Invalid("secret_id_ttl", $"must be 0 to {LongestTtl.TotalDays:0} days");
        if (SecretIdBoundCidrs.FirstOrDefault(c => !BoundNetworks.TryParse(c, out _)) is { } cidr)
            return AppRoleFailures.Invalid("secret_id_bound_cidrs", $"\"{cidr}\" is neither a network in CIDR form nor an address");
        return BindSecretId || SecretIdBoundCidrs.Count > 0 || Token.TokenBoundCidrs.Count > 0
            ? null
            : Failure.Invalid(
                "approle.no_constraint",
                "at least one constraint should be enabled on the role: bind_secret_id, secret_id_bound_cidrs or token_bound_cidrs");
    }
}

/// <summary>Leads from a role id to its role.</summary>
internal sealed record RoleIdRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The role's name.</summary>
    public required string Role { get; init; }
}
