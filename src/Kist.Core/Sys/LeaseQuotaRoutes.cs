using System.ComponentModel;
using Kist.Core.Leases.Quotas;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Sys;

/// <summary>A quota to read or write.</summary>
public sealed record LeaseQuotaRequest
{
    /// <summary>Its name.</summary>
    [Description("Name of the quota.")]
    public string Name { get; set; } = "";

    /// <summary>What it bounds.</summary>
    [Description("A mount, or a path in one, below which leases count (database, database/creds/app); empty for all.")]
    public string Path { get; set; } = "";

    /// <summary>The bound.</summary>
    [Description("As many leases may be there at once; more than zero.")]
    public int MaxLeases { get; set; }
}

/// <summary>A quota.</summary>
public sealed record LeaseQuotaResponse
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Always <c>lease-count</c>.</summary>
    public string Type { get; init; } = "lease-count";

    /// <summary>What it bounds.</summary>
    public string Path { get; init; } = "";

    /// <summary>The bound.</summary>
    public int MaxLeases { get; init; }
}

/// <summary><c>sys/quotas/lease-count</c>: how many leases there may be below a path.</summary>
internal sealed class LeaseQuotaRoutes(Node node)
{
    public void Add(RouteMap map)
    {
        map.List<Nothing, ListResponse>("quotas/lease-count", ListAsync, "List the lease quotas.").RequireSudo();
        map.Read<LeaseQuotaRequest, LeaseQuotaResponse>("quotas/lease-count/{name}", ReadAsync, "Read a lease quota.").RequireSudo();
        map.Write<LeaseQuotaRequest, Nothing>("quotas/lease-count/{name}", WriteAsync, "Write a lease quota.").RequireSudo();
        map.Delete<LeaseQuotaRequest, Nothing>("quotas/lease-count/{name}", DeleteAsync, "Delete a lease quota.").RequireSudo();
    }

    private async ValueTask<Outcome<ListResponse>> ListAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var all = await node.Leases.Quotas.AllAsync(ct);
        return all.Count == 0 ? Failure.NotFound() : new ListResponse([.. all.Select(quota => quota.Name)]);
    }

    private async ValueTask<Outcome<LeaseQuotaResponse>> ReadAsync(LeaseQuotaRequest request, RequestContext context, CancellationToken ct) =>
        (await node.Leases.Quotas.AllAsync(ct)).FirstOrDefault(quota => quota.Name == request.Name) is { } found
            ? new LeaseQuotaResponse { Name = found.Name, Path = found.Path, MaxLeases = found.MaxLeases }
            : Failure.NotFound();

    private async ValueTask<Outcome<Nothing>> WriteAsync(LeaseQuotaRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.MaxLeases <= 0)
            return Failure.Invalid("quota.invalid_max_leases", "field \"max_leases\": expected more than zero");
        return await ChangeAsync(request.Name, new LeaseQuota { Name = request.Name, Path = request.Path.Trim('/'), MaxLeases = request.MaxLeases }, context, ct);
    }

    private ValueTask<Outcome<Nothing>> DeleteAsync(LeaseQuotaRequest request, RequestContext context, CancellationToken ct) =>
        ChangeAsync(request.Name, null, context, ct);

    private async ValueTask<Outcome<Nothing>> ChangeAsync(string name, LeaseQuota? quota, RequestContext context, CancellationToken ct)
    {
        var changed = await node.Leases.Quotas.WriteAsync(name, quota, ct);
        if (!changed.Succeeded)
            return changed.Failure;
        context.Index = changed.Value;
        return Outcome.Done;
    }
}
