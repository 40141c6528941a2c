using System.Globalization;
using Kist.Core.Leases;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Tokens.Routes;

namespace Kist.Core.Sys;

/// <summary><c>sys/leases</c>: the leases of secrets, and tokens, which are leased too.</summary>
internal sealed class LeaseRoutes(Node node)
{
    private const int ShownLeases = 1_000;

    // What waits for longer than this waits for something.
    private static readonly TimeSpan Punctual = TimeSpan.FromSeconds(15);

    // Before the request's own end, so that its answer says what goes on.
    private static readonly TimeSpan Spare = TimeSpan.FromSeconds(5);

    public void Add(RouteMap map)
    {
        map.Write<LeaseRequest, LeaseResponse>("leases/lookup", LookupAsync, "Read a lease.");
        map.List<LeasePrefixRequest, ListResponse>("leases/lookup/{prefix**}", ListAsync, "List leases under a prefix.").RequireSudo();
        map.Read<LeasesRequest, LeaseCountResponse>("leases/count", CountAsync, "Count the leases.").RequireSudo();
        map.Read<LeasesRequest, IrrevocableLeasesResponse>("leases", IrrevocableAsync, "Show the leases that could not be revoked.").RequireSudo();
        map.Read<Nothing, LeaseSweepsResponse>("leases/sweeps", SweepsAsync, "Show the revocations by prefix, and how far they are.").RequireSudo();
        foreach (var path in new[] { "leases/", "" })
        {
            map.Write<LeaseRequest, Response>(path + "renew", RenewAsync, "Renew a lease.");
            map.Write<LeaseRequest, Response>(path + "renew/{url_lease_id**}", RenewAsync, "Renew a lease.");
            map.Write<LeaseRequest, Nothing>(path + "revoke", RevokeAsync, "Revoke a lease.");
            map.Write<LeaseRequest, Nothing>(path + "revoke/{url_lease_id**}", RevokeAsync, "Revoke a lease.");
            map.Write<LeasePrefixRequest, Nothing>(path + "revoke-prefix/{prefix**}", RevokePrefixAsync, "Revoke all leases under a prefix.").RequireSudo();
            map.Write<LeasePrefixRequest, Nothing>(
                path + "revoke-force/{prefix**}", ForceAsync, "Revoke all leases under a prefix, and remove those that cannot be revoked.").RequireSudo();
        }
        map.Write<Nothing, Nothing>("leases/tidy", TidyAsync, "Mend lease entries that lead nowhere.").RequireSudo();
    }

    private async ValueTask<Outcome<LeaseResponse>> LookupAsync(LeaseRequest request, RequestContext context, CancellationToken ct)
    {
        if (!request.TryGetId(out var id, out var bad))
            return bad;
        if (await node.Leases.FindAsync(id, ct) is { Entry.Confirmed: true } lease)
            return Answer(id, lease.Entry.IssuedAt, lease.Entry.ExpiresAt, lease.Entry.LastRenewal, lease.Entry is { Renewable: true, Ending: false });
        if (await node.Tokens.Leases.FindAsync(context.Request.Namespace, id, ct) is not { } token)
            return LeaseFailures.NotFound;
        return Answer(id, token.Entry.IssuedAt, token.Entry.ExpiresAt, token.Entry.LastRenewal, token.Entry.Renewable);
    }

    private LeaseResponse Answer(string id, DateTimeOffset issued, DateTimeOffset? end, DateTimeOffset? renewed, bool renewable)
    {
        var left = end - node.Time.GetUtcNow() ?? TimeSpan.Zero;
        return new LeaseResponse
        {
            Id = id,
            IssueTime = issued,
            ExpireTime = end,
            LastRenewal = renewed,
            Renewable = renewable,
            Ttl = left > TimeSpan.Zero ? left : TimeSpan.Zero,
        };
    }

    private async ValueTask<Outcome<ListResponse>> ListAsync(LeasePrefixRequest request, RequestContext context, CancellationToken ct)
    {
        var prefix = request.Prefix.Length == 0 ? "" : request.Prefix.TrimEnd('/') + "/";
        // Lists of tokens cost a pass over all of them.
        var tokens = IsOfTokens(prefix)
            ? await node.Tokens.Leases.ListAsync(context.Request.Namespace, prefix, ct)
            : [];
        var keys = new SortedSet<string>([.. tokens, .. await node.Leases.ListAsync(prefix, ct)], StringComparer.Ordinal);
        return keys.Count == 0 ? Failure.NotFound() : new ListResponse([.. keys]);
    }

    private async ValueTask<Outcome<LeaseCountResponse>> CountAsync(LeasesRequest request, RequestContext context, CancellationToken ct)
    {
        var table = await node.Mounts.CurrentAsync(ct);
        var byMount = new Dictionary<ulong, int>();
        if (request.Type == "irrevocable")
        {
            foreach (var lease in await node.Leases.IrrevocableAsync(0, ct))
                byMount[lease.Entry.Mount] = byMount.GetValueOrDefault(lease.Entry.Mount) + 1;
        }
        else if (request.Type == "overdue")
        {
            return new LeaseCountResponse { LeaseCount = await node.Leases.CountDueAsync(node.Time.GetUtcNow() - Punctual, ct) };
        }
        else if (request.Type.Length > 0)
        {
            return BadType(request.Type);
        }
        else
        {
            foreach (var (mount, count) in await node.Leases.CountByMountAsync(ct))
                byMount[mount] = count;
        }
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (mount, count) in byMount)
            counts[table.ById(mount)?.Accessor ?? ""] = count;
        var tokens = request.Type.Length > 0 ? 0 : await node.Tokens.Leases.CountAsync(context.Request.Namespace, ct);
        return new LeaseCountResponse { LeaseCount = byMount.Values.Sum() + tokens, Counts = counts };
    }

    private async ValueTask<Outcome<IrrevocableLeasesResponse>> IrrevocableAsync(LeasesRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.Type != "irrevocable")
            return BadType(request.Type);
        var limit = ShownLeases;
        if (request.Limit == "none")
            limit = 0;
        else if (request.Limit.Length > 0 && (!int.TryParse(request.Limit, NumberStyles.None, CultureInfo.InvariantCulture, out limit)))
            return Failure.Invalid("lease.invalid_limit", "field \"limit\": expected a number or none");
        var table = await node.Mounts.CurrentAsync(ct);
        var leases = await node.Leases.IrrevocableAsync(limit, ct);
        return new IrrevocableLeasesResponse
        {
            LeaseCount = leases.Count,
            Leases = [.. leases.Select(lease => new IrrevocableLeaseResponse(lease.Id, table.ById(lease.Entry.Mount)?.Accessor ?? "", lease.Entry.LastError))],
        };
    }

    private static bool IsOfTokens(string prefix) =>
        prefix.Trim('/') is "" or "auth" || prefix.StartsWith("auth/", StringComparison.Ordinal);

    private static Failure BadType(string type) => Failure.Invalid("lease.unknown_type", $"field \"type\": expected \"irrevocable\", not \"{type}\"");

    private async ValueTask<Outcome<LeaseSweepsResponse>> SweepsAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var sweeps = await node.Leases.Sweeps.AllAsync(ct);
        return new LeaseSweepsResponse([.. sweeps.Select(sweep => new LeaseSweepResponse
        {
            Prefix = sweep.Prefix,
            Force = sweep.Force,
            StartTime = sweep.StartedAt,
            EndTime = sweep.FinishedAt,
            Revoked = sweep.Revoked,
            Failed = sweep.Failed,
            LastError = sweep.LastError,
        })]);
    }

    private async ValueTask<Outcome<Response>> RenewAsync(LeaseRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.Increment < TimeSpan.Zero)
            return Failure.Invalid("lease.negative_increment", "field \"increment\": expected zero or more");
        if (!request.TryGetId(out var id, out var bad))
            return bad;
        if (await node.Leases.FindAsync(id, ct) is null)
        {
            var token = (await node.Tokens.Leases.RenewAsync(context.Request.Namespace, id, request.Increment, context.Request, ct)).ToAnswer(context);
            return token.Succeeded ? new Response { Auth = token.Value, Index = context.Index, MountType = context.Mount.TypeName } : token.Failure;
        }
        var renewed = await node.Leases.Renewal.RenewAsync(id, request.Increment, ct);
        if (!renewed.Succeeded)
            return renewed.Failure;
        if (renewed.Value.Warning is { } warning)
            context.Warn(warning);
        return new Response { Lease = renewed.Value.Lease, Index = renewed.Value.Revision, MountType = context.Mount.TypeName };
    }

    private async ValueTask<Outcome<Nothing>> RevokeAsync(LeaseRequest request, RequestContext context, CancellationToken ct)
    {
        if (!request.TryGetId(out var id, out var bad))
            return bad;
        if (id.Length == 0)
            return Failure.Invalid("lease.id_missing", "lease_id must be specified");
        if (await node.Leases.FindAsync(id, ct) is not { } lease)
            return (await node.Tokens.Leases.RevokeAsync(context.Request.Namespace, id, ct)).ToAnswer(context);
        var revoked = await node.Leases.Revoker.RevokeNowAsync(lease, ct);
        return revoked.Succeeded || LeaseFailures.IsOfStore(revoked.Failure)
            ? revoked
            : revoked.Failure with { Message = $"the lease has ended but its secret could not be revoked yet, which is tried again by itself: {revoked.Failure.Message}" };
    }

    private ValueTask<Outcome<Nothing>> RevokePrefixAsync(LeasePrefixRequest request, RequestContext context, CancellationToken ct) =>
        SweepAsync(request, context, force: false, ct);

    private ValueTask<Outcome<Nothing>> ForceAsync(LeasePrefixRequest request, RequestContext context, CancellationToken ct) =>
        SweepAsync(request, context, force: true, ct);

    private async ValueTask<Outcome<Nothing>> SweepAsync(LeasePrefixRequest request, RequestContext context, bool force, CancellationToken ct)
    {
        // A pass over all tokens, which is worth its time only where there may be some.
        if (IsOfTokens(request.Prefix) && await node.Tokens.Leases.RevokePrefixAsync(context.Request.Namespace, request.Prefix, ct) is { Failure: { } failed })
            return failed;
        var begun = await node.Leases.Sweeps.BeginAsync(request.Prefix, force, ct);
        if (!begun.Succeeded)
            return begun.Failure;
        var longest = node.Options.MaxRequestDuration;
        var sweep = await node.Leases.Sweeps.AwaitAsync(begun.Value, longest - (longest / 2 < Spare ? longest / 2 : Spare), ct);
        if (sweep.FinishedAt is null)
            context.Warn($"{sweep.Revoked} leases are revoked and {sweep.Failed} could not be yet; it goes on behind: see sys/leases/sweeps");
        else if (sweep.Failed > 0 && force)
            context.Warn($"{sweep.Failed} leases were removed though their secrets could not be revoked, the last of them because: {sweep.LastError}");
        else if (sweep.Failed > 0)
            return Failure.Unavailable("lease.some_not_revoked", $"{sweep.Failed} leases could not be revoked yet and are tried again by themselves: {sweep.LastError}");
        return Outcome.Done;
    }

    private async ValueTask<Outcome<Nothing>> TidyAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var tokens = await node.Tokens.TidyAsync(ct);
        var leases = await node.Leases.Tidy.RunAsync(ct);
        context.Warn(tokens.Ran && leases.Ran ? $"tidied: {tokens.Mended + leases.Mended} entries mended" : "a tidy operation is already running on this node");
        return Outcome.Done;
    }
}
