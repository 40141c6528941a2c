namespace Kist.Engines.Kv.V2.Stored;

/// <summary>What a secret's versions share, stored as JSON. Small whatever the number of versions, so that a write touches two entries.</summary>
internal sealed record HeadRecord
{
    /// <summary>Stands for a secret that does not exist.</summary>
    public static HeadRecord Absent { get; } = new();

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The latest version; 0 when none was written yet.</summary>
    public long Current { get; init; }

    /// <summary>The oldest version that is kept; 0 until versions had to be removed.</summary>
    public long Oldest { get; init; }

    /// <summary>When the secret came to be.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>When the latest version was written, or the secret came to be.</summary>
    public DateTimeOffset Updated { get; init; }

    /// <summary>Versions to keep; 0 for the mount's setting.</summary>
    public int MaxVersions { get; init; }

    /// <summary>Every write needs the <c>cas</c> option.</summary>
    public bool CasRequired { get; init; }

    /// <summary>Age at which a new version is deleted; zero for the mount's setting.</summary>
    public TimeSpan DeleteVersionAfter { get; init; }

    /// <summary>The user's own labels; null for none.</summary>
    public IReadOnlyDictionary<string, string>? CustomMetadata { get; init; }

    /// <summary>The first version that may have an entry.</summary>
    public long First => Math.Max(Oldest, 1);
}
