namespace Kist.Core.Leases;

/// <summary>A revocation of all leases under a prefix, and how far it is.</summary>
internal sealed record LeaseSweep
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Empty, or ends in a slash.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Removes also what could not be revoked.</summary>
    public bool Force { get; init; }

    /// <summary>Leases issued later are not touched.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When it was done, or null.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The last lease it has dealt with.</summary>
    public string Cursor { get; init; } = "";

    /// <summary>Leases revoked so far.</summary>
    public int Revoked { get; init; }

    /// <summary>Leases that could not be revoked so far. Without force they stay, and are tried again by themselves.</summary>
    public int Failed { get; init; }

    /// <summary>Why the last of these could not, or empty.</summary>
    public string LastError { get; init; } = "";
}

/// <summary>A sweep that was looked up.</summary>
/// <param name="Name">Its name in the store.</param>
/// <param name="Sweep">The record.</param>
/// <param name="Revision">Revision of the record.</param>
internal readonly record struct StoredSweep(string Name, LeaseSweep Sweep, long Revision);
