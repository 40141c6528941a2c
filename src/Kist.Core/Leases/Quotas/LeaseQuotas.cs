using System.Collections.Concurrent;
using Kist.Core.Storage;

namespace Kist.Core.Leases.Quotas;

/// <summary>
/// Quotas of leases. There is no counter in the store, which every issue and every revocation would fight for: what is there is counted, and the count is good for
/// five seconds, one when the quota is nearly full; what this node issues meanwhile is added. So several nodes may pass a quota by what they issue in that time,
/// and a refusal may hold for a second after a lease has ended.
/// </summary>
internal sealed class LeaseQuotas(LeaseRecords records, TimeProvider time)
{
    private const int Attempts = 16;
    private const int PageSize = 1_000;

    // A tenth is left for what other nodes issue while a count is good.
    private const double Near = 0.9;

    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan GoodForWhenNear = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Counted> counts = new(StringComparer.Ordinal);

    /// <summary>All quotas, by name.</summary>
    public async ValueTask<IReadOnlyList<LeaseQuota>> AllAsync(CancellationToken cancellationToken) => (await ReadAsync(cancellationToken)).Table.Quotas;

    /// <summary>Writes a quota, or removes it where <paramref name="quota"/> is null.</summary>
    public async ValueTask<Outcome<long>> WriteAsync(string name, LeaseQuota? quota, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (table, revision) = await ReadAsync(cancellationToken);
            var others = table.Quotas.Where(q => q.Name != name).ToList();
            if (quota is not null && others.Find(other => other.Path == quota.Path) is { } same)
                return Failure.Invalid("quota.path_in_use", $"quota \"{same.Name}\" is for the same path");
            IEnumerable<LeaseQuota> all = quota is null ? others : others.Append(quota);
            var changed = table with { Quotas = [.. all.OrderBy(q => q.Name, StringComparer.Ordinal)] };
            var outcome = await records.Begin().Require(records.Root, LeaseRecords.QuotasPath, revision)
                .Put(records.Root, LeaseRecords.QuotasPath, changed, LeaseJson.Default.LeaseQuotaTable).CommitAsync(cancellationToken);
            if (outcome.Succeeded)
                return outcome.Revision;
            if (outcome.Kind == CommitKind.Unknown)
                return LeaseFailures.UnknownOutcome;
        }
        return LeaseFailures.Contention;
    }

    /// <summary>Says why a lease may not be added; null when it may. The one quota that decides is the one with the longest path.</summary>
    public async ValueTask<Failure?> AdmitAsync(string leaseId, CancellationToken cancellationToken)
    {
        if ((await AllAsync(cancellationToken)).Where(quota => quota.Covers(leaseId)).MaxBy(quota => quota.Path.Length) is not { } nearest)
            return null;
        var counted = counts.GetOrAdd(nearest.Path, _ => new Counted());
        await counted.Turn.WaitAsync(cancellationToken);
        try
        {
            var isNear = counted.Leases >= nearest.MaxLeases * Near;
            if (counted.At == 0 || time.GetElapsedTime(counted.At) >= (isNear ? GoodForWhenNear : GoodFor))
            {
                counted.Leases = await CountAsync(nearest, cancellationToken);
                counted.At = time.GetTimestamp();
            }
            if (counted.Leases >= nearest.MaxLeases)
            {
                return new Failure(
                    FailureKind.Throttled, "quota.leases_exhausted", $"lease count quota \"{nearest.Name}\" exceeded: {nearest.MaxLeases} leases are there");
            }
            counted.Leases++;
            return null;
        }
        finally
        {
            _ = counted.Turn.Release();
        }
    }

    // Not further than it takes to refuse.
    private async ValueTask<int> CountAsync(LeaseQuota quota, CancellationToken cancellationToken)
    {
        var view = quota.Path.Length == 0 ? records.Ids : records.Ids.Folder(quota.Path + "/");
        var (count, after) = (0, "");
        while (count < quota.MaxLeases && await view.ScanAsync(after, PageSize, cancellationToken) is { Count: > 0 } page)
        {
            count += page.Count;
            after = page[^1];
        }
        return count;
    }

    private async ValueTask<(LeaseQuotaTable Table, long Revision)> ReadAsync(CancellationToken cancellationToken) =>
        await records.Root.ReadRecordAsync(LeaseRecords.QuotasPath, LeaseJson.Default.LeaseQuotaTable, cancellationToken) is { } stored
            ? (stored.Record, stored.Revision)
            : (new LeaseQuotaTable(), 0);

    private sealed class Counted
    {
        public int Leases;
        public long At;

        public SemaphoreSlim Turn { get; } = new(1);
    }
}
