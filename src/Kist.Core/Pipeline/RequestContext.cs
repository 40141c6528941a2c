using Kist.Core.Barrier;
using Kist.Core.Leases;
using Kist.Core.Mounts;
using Kist.Core.Routing;
using Kist.Core.Tokens;

namespace Kist.Core.Pipeline;

/// <summary>What a handler sees of the request it answers. Lives as long as the request; not thread-safe.</summary>
public sealed class RequestContext
{
    private List<string>? warnings;

    /// <summary>The request.</summary>
    public required Request Request { get; init; }

    /// <summary>The mount that the path leads to.</summary>
    public required Mount Mount { get; init; }

    /// <summary>The mount's part of the store.</summary>
    public required StorageView Storage { get; init; }

    /// <summary>The matched route.</summary>
    public required Route Route { get; init; }

    /// <summary>Values of the route template's parameters.</summary>
    public required RouteValues Parameters { get; init; }

    /// <summary>Issues secrets under leases.</summary>
    public required LeaseIssuer Leases { get; init; }

    /// <summary>The authenticated token; null on unauthenticated routes when none was sent.</summary>
    public Authenticated? Token { get; set; }

    /// <summary>Revision of the handler's last commit, which the answer names as its index.</summary>
    public long Index { get; set; }

    /// <summary>Set by a handler whose body tells of something that is gone.</summary>
    public bool Gone { get; set; }

    /// <summary>Set by a handler whose body tells which parts of a batch failed, and how.</summary>
    public PartialFailure? PartialFailure { get; set; }

    /// <summary>Set by a handler whose body may be relied on for a time.</summary>
    public LeaseInfo? Lease { get; set; }

    /// <summary>Hints gathered so far.</summary>
    public IReadOnlyList<string> Warnings => warnings ?? (IReadOnlyList<string>)[];

    /// <summary>Adds a hint to the answer. It must not hold a secret.</summary>
    public void Warn(string warning) => (warnings ??= []).Add(warning);
}
