namespace Kist.Core.Identity.Stored;

/// <summary>A group as stored. Its members are not in it: they name it, and an index leads to them.</summary>
internal sealed record GroupRecord
{
    /// <summary>Whose members an operator names.</summary>
    public const string Internal = "internal";

    /// <summary>Whose members logins name, by its alias.</summary>
    public const string External = "external";

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    public required string Id { get; init; }

    public string Name { get; init; } = "";

    public string Type { get; init; } = Internal;

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Policies, in lower case, as they were given.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>The groups that it is a member of.</summary>
    public IReadOnlyList<string> ParentIds { get; init; } = [];

    /// <summary>Of an external group; null when it has none.</summary>
    public GroupAliasRecord? Alias { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>How often it was changed.</summary>
    public long ModifyIndex { get; init; }

    /// <summary>It is gone for everybody; its members are still to be told.</summary>
    public bool Deleting { get; init; }
}

/// <summary>What an auth method's mount calls an external group.</summary>
internal sealed record GroupAliasRecord
{
    public required string Id { get; init; }

    /// <summary>The mount's id as in its record.</summary>
    public required string Mount { get; init; }

    public required string Accessor { get; init; }

    public required string MountType { get; init; }

    public required string Name { get; init; }

    /// <summary>Where the index has it: mount and keyed hash of the name.</summary>
    public required string Key { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }
}
