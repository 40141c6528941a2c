using System.Globalization;
using System.Security.Cryptography;
using Kist.Core.Storage;

namespace Kist.Core.Leases;

/// <summary>A revocation of all leases under a prefix, and how far it is.</summary>
internal sealed record LeaseSweep
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Empty, or ends in a slash.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Removes also what could not be revoked.</summary>
    public bool Force { get; init; }

    /// <summary>Leases issued later are not touched.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When it was done, or null.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The last lease it has dealt with.</summary>
    public string Cursor { get; init; } = "";

    /// <summary>Leases revoked so far.</summary>
    public int Revoked { get; init; }

    /// <summary>Leases that could not be revoked so far. Without force they stay, and are tried again by themselves.</summary>
    public int Failed { get; init; }

    /// <summary>Why the last of these could not, or empty.</summary>
    public string LastError { get; init; } = "";
}

/// <summary>A sweep that was looked up.</summary>
/// <param name="Name">Its name in the store.</param>
/// <param name="Sweep">The record.</param>
/// <param name="Revision">Revision of the record.</param>
internal readonly record struct StoredSweep(string Name, LeaseSweep Sweep, long Revision);

/// <summary>
/// Revokes all leases under a prefix. What is to be done is stored first and its progress with it, so that a crash only pauses it; any node may be asked, and one
/// does the work.
/// </summary>
internal sealed class LeaseSweeps(LeaseRecords records, LeaseRevoker revoker, TimeProvider time)
{
    private const int PageSize = 64;

    // How long a result can be looked at.
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>Begins a sweep.</summary>
    /// <param name="prefix">Whole segments; a trailing slash may stand.</param>
    /// <param name="force">Removes also what cannot be revoked: the secrets then stay where they are.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Outcome<StoredSweep>> BeginAsync(string prefix, bool force, CancellationToken cancellationToken)
    {
        var sweep = new LeaseSweep { Prefix = prefix.Trim('/') is { Length: > 0 } bare ? bare + "/" : "", Force = force, StartedAt = time.GetUtcNow() };
        var name = string.Create(CultureInfo.InvariantCulture, $"{sweep.StartedAt.UtcTicks:x16}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        var outcome = await records.Begin().Require(records.Sweeps, name, 0).Put(records.Sweeps, name, sweep, LeaseJson.Default.LeaseSweep)
            .CommitAsync(cancellationToken);
        return outcome.Kind switch
        {
            CommitKind.Committed => new StoredSweep(name, sweep, outcome.Revision),
            CommitKind.Unknown => LeaseFailures.UnknownOutcome,
            _ => LeaseFailures.Contention,
        };
    }

    /// <summary>Waits until a sweep is done, or for as long as <paramref name="patience"/>; answers how far it is then.</summary>
    public async ValueTask<LeaseSweep> AwaitAsync(StoredSweep sweep, TimeSpan patience, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var now = await ReadAsync(sweep.Name, cancellationToken);
            if (now is null || now.Value.Sweep.FinishedAt is not null || time.GetElapsedTime(began) >= patience)
                return now?.Sweep ?? sweep.Sweep;
            await Task.Delay(Look, time, cancellationToken);
        }
    }

    /// <summary>All sweeps that go on or ended not long ago, the oldest first.</summary>
    public async ValueTask<IReadOnlyList<LeaseSweep>> AllAsync(CancellationToken cancellationToken)
    {
        var sweeps = new List<LeaseSweep>();
        foreach (var name in await records.Sweeps.ScanAsync("", 0, cancellationToken))
        {
            if (await ReadAsync(name, cancellationToken) is { } stored)
                sweeps.Add(stored.Sweep);
        }
        return sweeps;
    }

    /// <summary>Does all sweeps that are not done. The leader calls it now and then.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var name in await records.Sweeps.ScanAsync("", 0, cancellationToken))
        {
            if (await ReadAsync(name, cancellationToken) is not { } stored)
                continue;
            if (stored.Sweep.FinishedAt is null)
                await RunAsync(stored, cancellationToken);
            else if (stored.Sweep.FinishedAt + Kept < time.GetUtcNow())
                _ = await records.Begin().Require(records.Sweeps, name, stored.Revision).Delete(records.Sweeps, name).CommitAsync(cancellationToken);
        }
    }

    private async Task RunAsync(StoredSweep stored, CancellationToken cancellationToken)
    {
        var (sweep, revision) = (stored.Sweep, stored.Revision);
        while (sweep.FinishedAt is null)
        {
            var page = await records.Ids.Folder(sweep.Prefix).ScanAsync(sweep.Cursor, PageSize, cancellationToken);
            sweep = page.Count == 0
                ? sweep with { FinishedAt = time.GetUtcNow() }
                : await RevokeAsync(sweep, page, cancellationToken) with { Cursor = page[^1] };
            var outcome = await records.Begin().Require(records.Sweeps, stored.Name, revision)
                .Put(records.Sweeps, stored.Name, sweep, LeaseJson.Default.LeaseSweep).CommitAsync(cancellationToken);
            // Another leader goes on with it, or the next look shows what became of this commit.
            if (!outcome.Succeeded)
                return;
            revision = outcome.Revision;
        }
    }

    private async ValueTask<LeaseSweep> RevokeAsync(LeaseSweep sweep, IReadOnlyList<string> page, CancellationToken cancellationToken)
    {
        var gate = new Lock();
        await Parallel.ForEachAsync(
            page,
            new ParallelOptions { MaxDegreeOfParallelism = LeaseReaper.PerTarget, CancellationToken = cancellationToken },
            async (path, ct) =>
            {
                if (await RevokeAsync(sweep, sweep.Prefix + path, ct) is not { } revoked)
                    return;
                lock (gate)
                {
                    sweep = revoked.Failure is { } failure
                        ? sweep with { Failed = sweep.Failed + 1, LastError = failure.Message }
                        : sweep with { Revoked = sweep.Revoked + 1 };
                }
            });
        return sweep;
    }

    // Null for a lease that is not the sweep's.
    private async ValueTask<Outcome<Nothing>?> RevokeAsync(LeaseSweep sweep, string id, CancellationToken cancellationToken)
    {
        if (await records.ReadAsync(id, cancellationToken) is not { } lease || lease.Entry.IssuedAt > sweep.StartedAt)
            return null;
        var revoked = await revoker.RevokeNowAsync(lease, cancellationToken);
        if (revoked.Succeeded || !sweep.Force)
            return revoked;
        var removed = await revoker.RemoveAsync(id, cancellationToken);
        return removed.Succeeded ? revoked : removed;
    }

    private async ValueTask<StoredSweep?> ReadAsync(string name, CancellationToken cancellationToken) =>
        await records.Sweeps.ReadRecordAsync(name, LeaseJson.Default.LeaseSweep, cancellationToken) is { } stored
            ? new StoredSweep(name, stored.Record, stored.Revision)
            : null;
}
