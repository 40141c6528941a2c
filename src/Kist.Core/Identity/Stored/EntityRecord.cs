namespace Kist.Core.Identity.Stored;

/// <summary>
/// An entity as stored: who stands behind one or more logins. It holds its aliases and the groups that it is in itself, so that what a token may do
/// is
/// found by reading it and those groups.
/// </summary>
internal sealed record EntityRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    public required string Id { get; init; }

    public string Name { get; init; } = "";

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Policies, in lower case, as they were given.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>Nobody logs in as it, and its tokens are not valid.</summary>
    public bool Disabled { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>At most one a mount.</summary>
    public IReadOnlyList<AliasRecord> Aliases { get; init; } = [];

    public IReadOnlyList<Membership> Groups { get; init; } = [];

    /// <summary>Entities that were merged into this one; their records lead here.</summary>
    public IReadOnlyList<string> MergedIds { get; init; } = [];

    /// <summary>The entity that this one was merged into, which its tokens belong to now; empty for all others.</summary>
    public string MergedInto { get; init; } = "";
}

/// <summary>What an auth method's mount calls an entity.</summary>
internal sealed record AliasRecord
{
    public required string Id { get; init; }

    /// <summary>The mount's id as in its record. Accessors are for people; ids are never used again.</summary>
    public required string Mount { get; init; }

    public required string Accessor { get; init; }

    public required string MountType { get; init; }

    public required string Name { get; init; }

    /// <summary>What the method said at the last login.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What an operator said.</summary>
    public IReadOnlyDictionary<string, string> CustomMetadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The entities that it belonged to before they were merged.</summary>
    public IReadOnlyList<string> MergedFrom { get; init; } = [];
}

/// <summary>That an entity is in a group.</summary>
/// <param name="Group">The group's id.</param>
/// <param name="Alias">
/// For an external group, the key of the alias by which a login put the entity there; empty for an internal group. It counts only as long as the
/// group has
/// that alias.
/// </param>
internal sealed record Membership(string Group, string Alias);
