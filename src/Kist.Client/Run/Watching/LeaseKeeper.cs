using System.Text.Json.Nodes;
using Kist.Client.Agent;
using Kist.Client.Settings;

namespace Kist.Client.Run.Watching;

/// <summary>Keeps the leases that came with secrets alive while the child runs, and ends them with it.</summary>
/// <param name="client">Speaks to the server.</param>
/// <param name="time">The clock.</param>
public sealed class LeaseKeeper(Func<KistClient> client, TimeProvider time)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetryPause = TimeSpan.FromMinutes(1);

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
            leases[id] = new Lease(id, duration, isRenewable, time.GetTimestamp());
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
    /// <returns>The id of the lease that ends.</returns>
    public async Task<string> KeepAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (Next() is not { } lease)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
                continue;
            }
            var pause = Pause(lease);
            await Task.Delay(pause > ShortestPause ? pause : ShortestPause, time, cancellation);
            if (!lease.IsRenewable)
            {
                lock (gate)
                {
                    if (leases.ContainsKey(lease.Id))
                        leases[lease.Id] = lease with { IsTold = true };
                }
                return lease.Id;
            }
            await RenewAsync(lease, cancellation);
        }
    }

    /// <summary>Nothing could be done about the end of a lease: it is told again after a while, which grows from one time to the next.</summary>
    public void TellAgain(string id)
    {
        lock (gate)
        {
            if (!leases.TryGetValue(id, out var lease))
                return;
            var pauses = lease.Pauses ?? new BackOff(ShortestPause, LongestRetryPause);
            leases[id] = lease with { IsTold = false, Pauses = pauses, Retry = pauses.Next(), RetrySince = time.GetTimestamp() };
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
            return leases.Values.Where(static l => !l.IsTold).MinBy(Pause);
    }

    // By a clock that nobody sets.
    private TimeSpan Pause(Lease lease)
    {
        if (lease.Retry is { } retry)
            return retry - time.GetElapsedTime(lease.RetrySince);
        var share = lease.IsRenewable ? 2 / 3.0 : 9 / 10.0;
        return (lease.Duration * share) - time.GetElapsedTime(lease.Since);
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
                leases[lease.Id] = lease with { Duration = granted, Since = time.GetTimestamp(), IsRenewable = granted * 2 >= lease.Duration };
            }
            else if (response is not null && (int)response.Status is >= 400 and < 500)
                leases[lease.Id] = lease with { IsRenewable = false };
            else
            {
                var left = lease.Duration - time.GetElapsedTime(lease.Since);
                leases[lease.Id] = lease with { Duration = left > ShortestPause ? left : ShortestPause, Since = time.GetTimestamp() };
            }
        }
    }

    private async Task<ApiResponse?> TrySendAsync(string path, string lease, CancellationToken cancellation)
    {
        try
        {
            return await client().SendAsync(ApiRequest.Write(path, new JsonObject { ["lease_id"] = lease }), cancellation);
        }
        catch (Exception e) when (e is ConnectionException or SettingException)
        {
            return null;
        }
    }

    private sealed record Lease(string Id, TimeSpan Duration, bool IsRenewable, long Since)
    {
        public bool IsTold { get; init; }

        public BackOff? Pauses { get; init; }

        public TimeSpan? Retry { get; init; }

        public long RetrySince { get; init; }
    }
}
