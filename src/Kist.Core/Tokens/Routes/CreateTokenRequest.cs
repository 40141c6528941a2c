using System.ComponentModel;
using Kist.Crypto;

namespace Kist.Core.Tokens.Routes;

/// <summary>
/// Asks for a new token. Fields that are absent are null: source-generated JSON does not keep the defaults of init-only properties.
/// </summary>
public sealed record CreateTokenRequest
{
    /// <summary>Of the path.</summary>
    [Description("The token role that decides what the token may be.")]
    public string? RoleName { get; init; }

    /// <summary>A custom id.</summary>
    [Description("Value for the token instead of a random one; needs sudo.")]
    public SecretText? Id { get; init; }

    /// <summary>The policies.</summary>
    [Description("Policies of the token; those of the creating token if not given.")]
    public IReadOnlyList<string>? Policies { get; init; }

    /// <summary>Metadata.</summary>
    [Description("Metadata, shown by lookup and in audit records.")]
    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    /// <summary>Makes an orphan.</summary>
    [Description("Create the token without a parent; needs sudo.")]
    public bool? NoParent { get; init; }

    /// <summary>Leaves out <c>default</c>.</summary>
    [Description("Do not add the policy \"default\".")]
    public bool? NoDefaultPolicy { get; init; }

    /// <summary>May be renewed; true if not given.</summary>
    [Description("Whether the token can be renewed beyond its first TTL; true if not given.")]
    public bool? Renewable { get; init; }

    /// <summary>Former name of <see cref="Ttl"/>.</summary>
    [Description("Use ttl instead.")]
    public TimeSpan? Lease { get; init; }

    /// <summary>Time to live.</summary>
    [Description("Time to live.")]
    public TimeSpan? Ttl { get; init; }

    /// <summary>The type.</summary>
    [Description("service (default) or batch.")]
    public string? Type { get; init; }

    /// <summary>The longest age.</summary>
    [Description("No renewal reaches beyond this age.")]
    public TimeSpan? ExplicitMaxTtl { get; init; }

    /// <summary>For people.</summary>
    [Description("Name for lookup and audit records.")]
    public string? DisplayName { get; init; }

    /// <summary>Uses.</summary>
    [Description("How many requests the token is good for; 0 is unlimited.")]
    public int? NumUses { get; init; }

    /// <summary>The period.</summary>
    [Description("Makes a periodic token, whose renewals have no maximum; needs sudo.")]
    public TimeSpan? Period { get; init; }

    /// <summary>The entity alias.</summary>
    [Description("Make the token for the entity with this alias, which the token role must allow.")]
    public string? EntityAlias { get; init; }
}
