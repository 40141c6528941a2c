using System.Text.Json.Nodes;

namespace Kist.Client.Run.Watching;

/// <summary>Keeps the leases that came with secrets alive while the child runs, and ends them with it.</summary>
/// <param name="client">Speaks to the server.</param>
/// <param name="time">The clock.</param>
public sealed class LeaseKeeper(Func<KistClient> client, TimeProvider time)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Lease> leases = new(StringComparer.Ordinal);

    /// <summary>How many leases are held.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return leases.Count;
        }
    }

    /// <summary>Takes note of a lease that lasts this long from now.</summary>
    public void Add(string id, TimeSpan duration, bool isRenewable)
    {
        lock (gate)
            leases[id] = new Lease(id, duration, isRenewable, time.GetUtcNow() + duration);
    }

    /// <summary>The leases held now, to be ended by <see cref="RevokeAsync"/> once newer ones have taken their place.</summary>
    public IReadOnlyList<string> Held()
    {
        lock (gate)
            return [.. leases.Keys];
    }

    /// <summary>
    /// Renews leases in time; returns once one of them cannot be renewed and has a tenth of its time left. Called again, it goes on with the others.
    /// </summary>
    public async Task KeepAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (Next() is not { } lease)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
                continue;
            }
            var share = lease.IsRenewable ? 1 / 3.0 : 1 / 10.0;
            var pause = lease.Ends - (lease.Duration * share) - time.GetUtcNow();
            await Task.Delay(pause > ShortestPause ? pause : ShortestPause, time, cancellation);
            if (!lease.IsRenewable)
            {
                lock (gate)
                {
                    if (leases.ContainsKey(lease.Id))
                        leases[lease.Id] = lease with { IsTold = true };
                }
                return;
            }
            await RenewAsync(lease, cancellation);
        }
    }

    /// <summary>Ends leases at the server. One that cannot be ended ends by itself in time.</summary>
    /// <returns>How many could not be ended.</returns>
    public async Task<int> RevokeAsync(IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        lock (gate)
        {
            foreach (var id in ids)
                leases.Remove(id);
        }
        var revoked = await Task.WhenAll(ids.Select(id => TrySendAsync("sys/leases/revoke", id, cancellation)));
        return revoked.Count(static response => response is not { Succeeded: true });
    }

    private Lease? Next()
    {
        lock (gate)
            return leases.Values.Where(static l => !l.IsTold).MinBy(static l => l.Ends - (l.Duration * (l.IsRenewable ? 1 / 3.0 : 1 / 10.0)));
    }

    private async Task RenewAsync(Lease lease, CancellationToken cancellation)
    {
        var response = await TrySendAsync("sys/leases/renew", lease.Id, cancellation);
        var granted = TimeSpan.FromSeconds(response is { Succeeded: true } ? response.Json?.Number("lease_duration") ?? 0 : 0);
        lock (gate)
        {
            if (!leases.ContainsKey(lease.Id))
                return;
            if (granted > TimeSpan.Zero)
            {
                // Close to its longest life a lease is granted less and less.
                leases[lease.Id] = lease with { Duration = granted, Ends = time.GetUtcNow() + granted, IsRenewable = granted * 2 >= lease.Duration };
            }
            else if (response is not null && (int)response.Status is >= 400 and < 500)
                leases[lease.Id] = lease with { IsRenewable = false };
            else
                leases[lease.Id] = lease with { Duration = TimeSpan.FromTicks(Math.Max((lease.Ends - time.GetUtcNow()).Ticks, ShortestPause.Ticks)) };
        }
    }

    private async Task<ApiResponse?> TrySendAsync(string path, string lease, CancellationToken cancellation)
    {
        try
        {
            return await client().SendAsync(ApiRequest.Write(path, new JsonObject { ["lease_id"] = lease }), cancellation);
        }
        catch (ConnectionException)
        {
            return null;
        }
    }

    private sealed record Lease(string Id, TimeSpan Duration, bool IsRenewable, DateTimeOffset Ends)
    {
        public bool IsTold { get; init; }
    }
}
