namespace Kist.Core.Leases.Quotas;

/// <summary>A bound on the leases below a path.</summary>
public sealed record LeaseQuota
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Whole segments that the ids of its leases begin with: a mount, or a path in one; empty for all leases.</summary>
    public string Path { get; init; } = "";

    /// <summary>As many leases may be there at once; more than zero.</summary>
    public int MaxLeases { get; init; }

    /// <summary>True for the leases that it counts.</summary>
    internal bool Covers(string leaseId) => Path.Length == 0 || leaseId.StartsWith(Path + "/", StringComparison.Ordinal);
}

/// <summary>All quotas, as stored.</summary>
internal sealed record LeaseQuotaTable
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>In order of name.</summary>
    public IReadOnlyList<LeaseQuota> Quotas { get; init; } = [];
}
