using System.ComponentModel;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Tokens;
using Kist.Core.Tokens.Routes;

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

    internal string Id => LeaseId.Length > 0 ? LeaseId : UrlLeaseId;
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

/// <summary>How many leases there are.</summary>
public sealed record LeaseCountResponse
{
    /// <summary>The number.</summary>
    public int LeaseCount { get; init; }
}

/// <summary><c>sys/leases</c>. So far only tokens are leased.</summary>
internal sealed class LeaseRoutes(Node node)
{
    public void Add(RouteMap map)
    {
        map.Write<LeaseRequest, LeaseResponse>("leases/lookup", LookupAsync, "Read a lease.");
        map.List<LeasePrefixRequest, ListResponse>("leases/lookup/{prefix**}", ListAsync, "List leases under a prefix.").RequireSudo();
        map.Read<Nothing, LeaseCountResponse>("leases/count", CountAsync, "Count the leases.").RequireSudo();
        foreach (var path in new[] { "leases/", "" })
        {
            map.Write<LeaseRequest, IssuedToken>(path + "renew", RenewAsync, "Renew a lease.");
            map.Write<LeaseRequest, IssuedToken>(path + "renew/{url_lease_id**}", RenewAsync, "Renew a lease.");
            map.Write<LeaseRequest, Nothing>(path + "revoke", RevokeAsync, "Revoke a lease.");
            map.Write<LeaseRequest, Nothing>(path + "revoke/{url_lease_id**}", RevokeAsync, "Revoke a lease.");
            map.Write<LeasePrefixRequest, Nothing>(path + "revoke-prefix/{prefix**}", RevokePrefixAsync, "Revoke all leases under a prefix.").RequireSudo();
            map.Write<LeasePrefixRequest, Nothing>(path + "revoke-force/{prefix**}", RevokePrefixAsync, "Revoke all leases under a prefix, ignoring errors.")
                .RequireSudo();
        }
        map.Write<Nothing, Nothing>("leases/tidy", TidyAsync, "Mend lease entries that lead nowhere.").RequireSudo();
    }

    private async ValueTask<Outcome<LeaseResponse>> LookupAsync(LeaseRequest request, RequestContext context, CancellationToken ct)
    {
        if (await node.Tokens.Leases.FindAsync(context.Request.Namespace, request.Id, ct) is not { } token)
            return Failure.Invalid("lease.not_found", "invalid lease");
        var left = token.Entry.ExpiresAt - node.Time.GetUtcNow() ?? TimeSpan.Zero;
        return new LeaseResponse
        {
            Id = request.Id,
            IssueTime = token.Entry.IssuedAt,
            ExpireTime = token.Entry.ExpiresAt,
            LastRenewal = token.Entry.LastRenewal,
            Renewable = token.Entry.Renewable,
            Ttl = left > TimeSpan.Zero ? left : TimeSpan.Zero,
        };
    }

    private async ValueTask<Outcome<ListResponse>> ListAsync(LeasePrefixRequest request, RequestContext context, CancellationToken ct)
    {
        var prefix = request.Prefix.Length == 0 ? "" : request.Prefix.TrimEnd('/') + "/";
        var keys = await node.Tokens.Leases.ListAsync(context.Request.Namespace, prefix, ct);
        return keys.Count == 0 ? Failure.NotFound() : new ListResponse(keys);
    }

    private async ValueTask<Outcome<LeaseCountResponse>> CountAsync(Nothing request, RequestContext context, CancellationToken ct) =>
        new LeaseCountResponse { LeaseCount = await node.Tokens.Leases.CountAsync(context.Request.Namespace, ct) };

    private async ValueTask<Outcome<IssuedToken>> RenewAsync(LeaseRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.Increment < TimeSpan.Zero)
            return Failure.Invalid("lease.negative_increment", "field \"increment\": expected zero or more");
        var renewed = await node.Tokens.Leases.RenewAsync(context.Request.Namespace, request.Id, request.Increment, context.Request, ct);
        return renewed.ToAnswer(context);
    }

    private async ValueTask<Outcome<Nothing>> RevokeAsync(LeaseRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.Id.Length == 0)
            return Failure.Invalid("lease.id_missing", "lease_id must be specified");
        var revoked = await node.Tokens.Leases.RevokeAsync(context.Request.Namespace, request.Id, ct);
        return revoked.ToAnswer(context);
    }

    private async ValueTask<Outcome<Nothing>> RevokePrefixAsync(LeasePrefixRequest request, RequestContext context, CancellationToken ct)
    {
        var revoked = await node.Tokens.Leases.RevokePrefixAsync(context.Request.Namespace, request.Prefix, ct);
        return revoked.Succeeded ? Outcome.Done : revoked.Failure;
    }

    private async ValueTask<Outcome<Nothing>> TidyAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var (ran, mended) = await node.Tokens.TidyAsync(ct);
        context.Warn(ran ? $"tidied: {mended} entries mended" : "a tidy operation is already running on this node");
        return Outcome.Done;
    }
}
