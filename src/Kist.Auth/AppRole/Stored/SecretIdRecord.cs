namespace Kist.Auth.AppRole.Stored;

/// <summary>A secret id, stored as JSON under its keyed hash. The id itself is nowhere.</summary>
internal sealed record SecretIdRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Names it without granting anything.</summary>
    public required string Accessor { get; init; }

    /// <summary>The name of its role.</summary>
    public required string Role { get; init; }

    /// <summary>How many logins it is still good for; 0 is unlimited.</summary>
    public int NumUses { get; init; }

    /// <summary>TTL at its making; zero for no end.</summary>
    public TimeSpan Ttl { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>When it was made or last used, if its uses are counted.</summary>
    public DateTimeOffset Updated { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Networks (CIDR) from which one may log in; empty for those of the role.</summary>
    public IReadOnlyList<string> Cidrs { get; init; } = [];

    /// <summary>Networks (CIDR) of the tokens; empty for those of the role.</summary>
    public IReadOnlyList<string> TokenBoundCidrs { get; init; } = [];

    /// <summary>Passed on to the tokens.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>True while its time is not over.</summary>
    public bool IsAlive(DateTimeOffset now) => ExpiresAt is not { } end || now < end;
}

/// <summary>Leads from an accessor to its secret id.</summary>
internal sealed record AccessorRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Keyed hash of the secret id.</summary>
    public required string SecretId { get; init; }
}
