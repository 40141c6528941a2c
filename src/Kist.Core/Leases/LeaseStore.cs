using Kist.Core.Barrier;
using Kist.Core.Leases.Quotas;
using Kist.Core.Mounts;
using Kist.Core.Tokens;

namespace Kist.Core.Leases;

/// <summary>The leases of secrets. Only the root namespace has any so far. State is in the store alone, so several nodes share it.</summary>
internal sealed class LeaseStore
{
    private const int PageSize = 1_000;

    private readonly LeaseRecords records;

    /// <summary>Leases in a barrier.</summary>
    /// <param name="barrier">Where they are kept.</param>
    /// <param name="tokens">The tokens that leases end with.</param>
    /// <param name="mounts">The mounts.</param>
    /// <param name="options">How long a request may take, and who hears of trouble.</param>
    /// <param name="time">By which leases end.</param>
    public LeaseStore(
        BarrierStore barrier, TokenStore tokens, Func<CancellationToken, ValueTask<MountTable>> mounts, NodeOptions options, TimeProvider time)
    {
        records = tokens.LeaseRecords;
        Quotas = new LeaseQuotas(records, time);
        Issuer = new LeaseIssuer(records, tokens, Quotas, time, options.MaxRequestDuration);
        Revoker = new LeaseRevoker(records, barrier, mounts, time, Fault);
        Renewal = new LeaseRenewal(records, barrier, tokens, mounts, time);
        Reaper = new LeaseReaper(records, Revoker, new ClockGuard(time), time, options.Observer.Problem);
        Sweeps = new LeaseSweeps(records, Revoker, time, Fault);
        MountEnds = new LeaseMountEnds(records, Revoker, time);
        Tidy = new LeaseTidy(records, tokens, time);

        void Fault(string lease, Exception error) => options.Observer.DutyFailed($"revoke {lease}", error);
    }

    public LeaseIssuer Issuer { get; }

    public LeaseQuotas Quotas { get; }

    public LeaseRevoker Revoker { get; }

    public LeaseRenewal Renewal { get; }

    public LeaseReaper Reaper { get; }

    public LeaseSweeps Sweeps { get; }

    public LeaseMountEnds MountEnds { get; }

    public LeaseTidy Tidy { get; }

    /// <summary>A lease, or null.</summary>
    public ValueTask<StoredLease?> FindAsync(string id, CancellationToken cancellationToken) => records.ReadAsync(id, cancellationToken);

    /// <summary>Children of a prefix among the lease ids, folders once with a trailing slash.</summary>
    /// <param name="prefix">Empty or ends in a slash.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellationToken) =>
        (prefix.Length == 0 ? records.Ids : records.Ids.Folder(prefix)).ListAsync("", 0, cancellationToken);

    /// <summary>How many leases there are, by mount; a pass over all their names.</summary>
    public async ValueTask<IReadOnlyDictionary<ulong, int>> CountByMountAsync(CancellationToken cancellationToken)
    {
        var counts = new Dictionary<ulong, int>();
        var after = "";
        while (await records.Mounts.ScanAsync(after, PageSize, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var path in page)
            {
                var mount = Convert.ToUInt64(path[..path.IndexOf('/', StringComparison.Ordinal)], 16);
                counts[mount] = counts.GetValueOrDefault(mount) + 1;
            }
            after = page[^1];
        }
        return counts;
    }

    /// <summary>How many leases should have been revoked before a time and wait for it.</summary>
    public async ValueTask<int> CountDueAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var (count, after) = (0, "");
        while (await records.Due.ScanAsync(after, PageSize, cancellationToken) is { Count: > 0 } page)
        {
            var due = page.TakeWhile(key => LeaseDue.Parse(key).At < before).Count();
            count += due;
            if (due < page.Count)
                break;
            after = page[^1];
        }
        return count;
    }

    /// <summary>The leases that cannot be revoked, in order of their ids.</summary>
    /// <param name="limit">Most of them; 0 for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<IReadOnlyList<StoredLease>> IrrevocableAsync(int limit, CancellationToken cancellationToken)
    {
        var leases = new List<StoredLease>();
        foreach (var id in await records.Irrevocable.ScanAsync("", limit, cancellationToken))
        {
            if (await records.ReadAsync(id, cancellationToken) is { Entry.Irrevocable: true } lease)
                leases.Add(lease);
        }
        return leases;
    }

    /// <summary>Ends what hangs on a mount that is going: the leases of an engine, the tokens of an auth method and with them their leases.</summary>
    public ValueTask<Outcome<Nothing>> EndOfMountAsync(Mount mount, TokenStore tokens, CancellationToken cancellationToken) => mount.Kind == MountKind.Auth
        ? tokens.RevokeOfMountAsync(mount.Namespace, mount.Id, cancellationToken)
        : MountEnds.EndOfMountAsync(mount, cancellationToken);
}
