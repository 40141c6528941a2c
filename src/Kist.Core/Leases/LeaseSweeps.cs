using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kist.Core.Barrier;
using Kist.Core.Storage;

namespace Kist.Core.Leases;

/// <summary>
/// Revokes all leases under a prefix. What is to be done is stored first and its progress with it, so that a crash only pauses it; any node may be asked, and one
/// does the work.
/// </summary>
internal sealed class LeaseSweeps(LeaseRecords records, LeaseRevoker revoker, TimeProvider time, Action<string, Exception> fault)
{
    private const int PageSize = 64;
    private const int MaxPrefixBytes = 2_048;

    // How long a result can be looked at.
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    // Another node's clock may be ahead: what it issued just before is not to be missed.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, Task> running = new(StringComparer.Ordinal);

    /// <summary>Begins a sweep.</summary>
    /// <param name="prefix">Whole segments, or the id of one lease; a trailing slash may stand.</param>
    /// <param name="force">Removes also what cannot be revoked: the secrets then stay where they are.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Outcome<StoredSweep>> BeginAsync(string prefix, bool force, CancellationToken cancellationToken)
    {
        if (Encoding.UTF8.GetByteCount(prefix) > MaxPrefixBytes)
            return Failure.Invalid("lease.prefix_too_long", $"a prefix has at most {MaxPrefixBytes} bytes");
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

    /// <summary>Begins or goes on with all sweeps that are not done, side by side. The leader calls it now and then.</summary>
    /// <param name="cancellationToken">Ends what has begun, too.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var name in running.Where(run => run.Value.IsCompleted).Select(run => run.Key).ToList())
            _ = running.Remove(name);
        foreach (var name in await records.Sweeps.ScanAsync("", 0, cancellationToken))
        {
            if (running.ContainsKey(name) || await ReadAsync(name, cancellationToken) is not { } stored)
                continue;
            if (stored.Sweep.FinishedAt is null)
                running.Add(name, Task.Run(() => RunAsync(stored, cancellationToken), CancellationToken.None));
            else if (stored.Sweep.FinishedAt + Kept < time.GetUtcNow())
                _ = await records.Begin().Require(records.Sweeps, name, stored.Revision).Delete(records.Sweeps, name).CommitAsync(cancellationToken);
        }
    }

    /// <summary>Waits for what has begun.</summary>
    public async Task EndAsync()
    {
        await Task.WhenAll(running.Values);
        running.Clear();
    }

    // Whatever happens to one, the others go on, and it itself at the next look.
    private async Task RunAsync(StoredSweep stored, CancellationToken cancellationToken)
    {
        try
        {
            await SweepAsync(stored, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or BarrierSealedException or StoreUnavailableException)
        {
            // The store has how far it was.
        }
        catch (Exception e)
        {
            fault(stored.Sweep.Prefix, e);
        }
    }

    private async Task SweepAsync(StoredSweep stored, CancellationToken cancellationToken)
    {
        var (sweep, revision) = (stored.Sweep, stored.Revision);
        var targets = new LeaseTargets();
        while (sweep.FinishedAt is null)
        {
            var page = await records.Ids.Folder(sweep.Prefix).ScanAsync(sweep.Cursor, PageSize, cancellationToken);
            var ids = page.Select(path => sweep.Prefix + path);
            // A prefix may be one lease's whole id.
            if (sweep.Cursor.Length == 0)
                ids = ids.Append(sweep.Prefix.TrimEnd('/'));
            sweep = await RevokeAllAsync(sweep, ids, targets, cancellationToken);
            sweep = page.Count == 0 ? sweep with { FinishedAt = time.GetUtcNow() } : sweep with { Cursor = page[^1] };
            var outcome = await records.Begin().Require(records.Sweeps, stored.Name, revision)
                .Put(records.Sweeps, stored.Name, sweep, LeaseJson.Default.LeaseSweep).CommitAsync(cancellationToken);
            // Another leader goes on with it, or the next look shows what became of this commit.
            if (!outcome.Succeeded)
                return;
            revision = outcome.Revision;
        }
    }

    private async ValueTask<LeaseSweep> RevokeAllAsync(LeaseSweep sweep, IEnumerable<string> ids, LeaseTargets targets, CancellationToken cancellationToken)
    {
        var gate = new Lock();
        await Parallel.ForEachAsync(
            ids,
            new ParallelOptions { MaxDegreeOfParallelism = LeaseReaper.PerTarget, CancellationToken = cancellationToken },
            async (id, ct) =>
            {
                if (await TryRevokeAsync(sweep, id, targets, ct) is not { } revoked)
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

    // One entry that cannot be read keeps no other from being revoked.
    private async ValueTask<Outcome<Nothing>?> TryRevokeAsync(LeaseSweep sweep, string id, LeaseTargets targets, CancellationToken cancellationToken)
    {
        try
        {
            return await RevokeAsync(sweep, id, targets, cancellationToken);
        }
        catch (Exception e) when (e is not (OperationCanceledException or BarrierSealedException or StoreUnavailableException))
        {
            fault(id, e);
            return LeaseFailures.Bug;
        }
    }

    // Null for a lease that is not the sweep's.
    private async ValueTask<Outcome<Nothing>?> RevokeAsync(LeaseSweep sweep, string id, LeaseTargets targets, CancellationToken cancellationToken)
    {
        if (await records.ReadAsync(id, cancellationToken) is not { } lease || lease.Entry.IssuedAt > sweep.StartedAt + ClockSkew)
            return null;
        var revoked = await revoker.RevokeUnlessGivenUpAsync(lease, targets, cancellationToken);
        // Not what the store has not taken, nor what is being made: there is a secret, or will be, and nobody has asked what it lives in to end it.
        if (revoked.Succeeded || !sweep.Force || LeaseFailures.IsOfStore(revoked.Failure))
            return revoked;
        var removed = await revoker.RemoveAsync(id, cancellationToken);
        return removed.Succeeded ? revoked : removed;
    }

    private async ValueTask<StoredSweep?> ReadAsync(string name, CancellationToken cancellationToken) =>
        await records.Sweeps.ReadRecordAsync(name, LeaseJson.Default.LeaseSweep, cancellationToken) is { } stored
            ? new StoredSweep(name, stored.Record, stored.Revision)
            : null;
}
