namespace Kist.Engines.Kv.V2.Stored;

/// <summary>Settings of the mount, which hold for every secret that has none of its own. Stored as JSON.</summary>
internal sealed record ConfigRecord
{
    /// <summary>Before anything was set.</summary>
    public static ConfigRecord Default { get; } = new();

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Versions to keep; 0 for <see cref="Retention.DefaultMaxVersions"/>.</summary>
    public int MaxVersions { get; init; }

    /// <summary>Every write needs the <c>cas</c> option.</summary>
    public bool CasRequired { get; init; }

    /// <summary>Age at which a new version is deleted; zero for never, negative when secrets may not set one either.</summary>
    public TimeSpan DeleteVersionAfter { get; init; }
}
