using System.Text.Json.Nodes;
using Kist.Client.Agent;
using Kist.Client.Settings;

namespace Kist.Client.Run.Watching;

/// <summary>Keeps the leases that came with secrets alive while the child runs, and ends them with it.</summary>
/// <param name="client">Speaks to the server.</param>
/// <param name="time">The clock; by its timestamps, which nobody sets.</param>
public sealed class LeaseKeeper(Func<KistClient> client, TimeProvider time)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

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
            leases[id] = new Lease(id, LeaseTerm.Begin(duration, isRenewable, time));
    }

    /// <summary>The leases held now, to be ended by <see cref="RevokeAsync"/> once newer ones have taken their place.</summary>
    public IReadOnlyList<string> Held()
    {
        lock (gate)
            return [.. leases.Keys];
    }

    /// <summary>
    /// Renews leases in time (<see cref="LeaseTerm"/>); returns once one of them is given up. Called again, it goes on with the others.
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
            if (time.Until(lease.Due) is { Ticks: > 0 } pause)
            {
                // Timers stand still while the machine is suspended, leases do not.
                await Task.Delay(pause < LongestPause ? pause : LongestPause, time, cancellation);
                continue;
            }
            if (lease.IsRetried || !lease.Term.IsToBeRenewed(time))
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
            var again = time.After(BackOff.Pause(lease.Failures, ShortestPause, LongestPause));
            leases[id] = lease with { IsTold = false, Failures = lease.Failures + 1, Again = again };
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
            return leases.Values.Where(static l => !l.IsTold).MinBy(static l => l.Due);
    }

    private async Task RenewAsync(Lease lease, CancellationToken cancellation)
    {
        var response = await TrySendAsync("sys/leases/renew", lease.Id, cancellation);
        var granted = TimeSpan.FromSeconds(response?.Json?.Number("lease_duration") is > 0 and < int.MaxValue and var seconds ? seconds : 0);
        lock (gate)
        {
            if (leases.ContainsKey(lease.Id))
                leases[lease.Id] = lease with { Term = lease.Term.After(response?.Status, granted, time) };
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

    private sealed record Lease(string Id, LeaseTerm Term)
    {
        public bool IsTold { get; init; }

        /// <summary>How often nothing could be done about its end.</summary>
        public int Failures { get; init; }

        /// <summary>When its end is told again.</summary>
        public long Again { get; init; }

        public bool IsRetried => Failures > 0;

        public long Due => IsRetried ? Again : Term.Due;
    }
}
