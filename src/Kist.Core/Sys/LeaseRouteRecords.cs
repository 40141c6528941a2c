using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace Kist.Core.Sys;

/// <summary>Names a lease.</summary>
public sealed record LeaseRequest
{
    /// <summary>The lease.</summary>
    [Description("The lease id.")]
    public string LeaseId { get; set; } = "";

    /// <summary>The lease, where it stands in the path.</summary>
    [Description("The lease id, as part of the path.")]
    public string UrlLeaseId { get; set; } = "";

    /// <summary>TTL asked for.</summary>
    [Description("The TTL to ask for, from now on.")]
    public TimeSpan Increment { get; set; }

    /// <summary>Sent by clients; revocation here always ends before the answer.</summary>
    [Description("Accepted for compatibility: a revocation is done when it is answered.")]
    public bool Sync { get; set; }

    /// <summary>The lease that is meant. Of two that differ, one would be acted on and the other be what a policy or the audit has seen.</summary>
    internal bool TryGetId(out string id, [NotNullWhen(false)] out Failure? failure)
    {
        id = LeaseId.Length > 0 ? LeaseId : UrlLeaseId;
        failure = UrlLeaseId.Length > 0 && UrlLeaseId != id
            ? Failure.Invalid("lease.two_ids", "the lease ids in the path and in the body differ; give one")
            : null;
        return failure is null;
    }
}

/// <summary>Names leases by the start of their ids.</summary>
public sealed record LeasePrefixRequest
{
    /// <summary>The prefix.</summary>
    [Description("Whole segments of lease ids.")]
    public string Prefix { get; set; } = "";

    /// <summary>Sent by clients.</summary>
    [Description("Accepted for compatibility: a revocation is done when it is answered.")]
    public bool Sync { get; set; }
}

/// <summary>A lease.</summary>
public sealed record LeaseResponse
{
    /// <summary>The lease id.</summary>
    public string Id { get; init; } = "";

    /// <summary>When it began.</summary>
    public DateTimeOffset IssueTime { get; init; }

    /// <summary>When it ends.</summary>
    public DateTimeOffset? ExpireTime { get; init; }

    /// <summary>When it was last renewed, or null.</summary>
    public DateTimeOffset? LastRenewal { get; init; }

    /// <summary>True when it can be renewed.</summary>
    public bool Renewable { get; init; }

    /// <summary>Seconds left.</summary>
    public TimeSpan Ttl { get; init; }
}

/// <summary>Asks for leases of a kind.</summary>
public sealed record LeasesRequest
{
    /// <summary>Kind of leases.</summary>
    [Description("irrevocable for the leases that could not be revoked; overdue counts those that wait to be; empty counts all.")]
    public string Type { get; set; } = "";

    /// <summary>Sent by clients.</summary>
    [Description("Accepted for compatibility: there are no child namespaces.")]
    public bool IncludeChildNamespaces { get; set; }

    /// <summary>Most leases to show.</summary>
    [Description("Most leases to show (default 1,000); none or 0 for all.")]
    public string Limit { get; set; } = "";
}

/// <summary>How many leases there are.</summary>
public sealed record LeaseCountResponse
{
    /// <summary>The number.</summary>
    public int LeaseCount { get; init; }

    /// <summary>By accessor of the mount. Tokens count for the mount that issued them, which their ids begin with.</summary>
    public IReadOnlyDictionary<string, int> Counts { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);
}

/// <summary>Leases that could not be revoked.</summary>
public sealed record IrrevocableLeasesResponse
{
    /// <summary>How many are shown.</summary>
    public int LeaseCount { get; init; }

    /// <summary>The leases.</summary>
    public IReadOnlyList<IrrevocableLeaseResponse> Leases { get; init; } = [];
}

/// <summary>A lease that could not be revoked.</summary>
/// <param name="LeaseId">The lease.</param>
/// <param name="MountId">Accessor of its mount; empty when that is gone.</param>
/// <param name="Error">Why it could not be revoked the last time.</param>
public sealed record IrrevocableLeaseResponse(string LeaseId, string MountId, string Error);

/// <summary>Revocations by prefix that go on, or ended within the last hour.</summary>
/// <param name="Sweeps">The oldest first.</param>
public sealed record LeaseSweepsResponse(IReadOnlyList<LeaseSweepResponse> Sweeps);

/// <summary>A revocation by prefix.</summary>
public sealed record LeaseSweepResponse
{
    /// <summary>The prefix; empty for all leases.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>True when it removes what cannot be revoked, too.</summary>
    public bool Force { get; init; }

    /// <summary>When it began.</summary>
    public DateTimeOffset StartTime { get; init; }

    /// <summary>When it was done, or null.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>Leases revoked so far.</summary>
    public int Revoked { get; init; }

    /// <summary>Leases that could not be revoked so far.</summary>
    public int Failed { get; init; }

    /// <summary>Why the last of these could not, or empty.</summary>
    public string LastError { get; init; } = "";
}
