using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Storage;

namespace Kist.Core.Leases;

/// <summary>Revokes one lease: ends its secret outside, then removes the lease. Safe on several nodes at once: to end a secret twice does no harm.</summary>
internal sealed class LeaseRevoker(
    LeaseRecords records, BarrierStore barrier, Func<CancellationToken, ValueTask<MountTable>> mounts, TimeProvider time, Action<string, Exception> fault)
{
    /// <summary>How long one revocation may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>As many refusals make a lease irrevocable.</summary>
    private const int MostRefusals = 6;

    private const int Attempts = 16;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(10);

    /// <summary>Revokes a lease. After a failure of another kind than <see cref="FailureKind.Unavailable"/> its next try is put off.</summary>
    public async ValueTask<Outcome<Nothing>> RevokeAsync(StoredLease lease, CancellationToken cancellationToken)
    {
        var ended = await EndSecretAsync(lease, cancellationToken);
        if (ended.Succeeded)
            return await RemoveAsync(lease.Id, cancellationToken);
        if (ended.Failure.Kind != FailureKind.Unavailable)
            await PostponeAsync(lease.Id, ended.Failure, cancellationToken);
        return ended;
    }

    /// <summary>
    /// Lets a lease end before its time and revokes it. That it shall end is committed first: what cannot be revoked now is tried again by itself. One whose secret
    /// is being made at this moment is ended by the request that makes it.
    /// </summary>
    public async ValueTask<Outcome<Nothing>> RevokeNowAsync(StoredLease lease, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var now = time.GetUtcNow();
            var isBeingMade = !lease.Entry.Confirmed && lease.Entry.DueAt > now;
            if (isBeingMade && lease.Entry.Ending)
                return Outcome.Done;
            var change = records.Begin();
            records.End(change, lease, now);
            var outcome = await change.CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return LeaseFailures.UnknownOutcome;
            if (await records.ReadAsync(lease.Id, cancellationToken) is not { } current)
                return Outcome.Done;
            if (outcome.Succeeded)
                return isBeingMade ? Outcome.Done : await RevokeAsync(current, cancellationToken);
            lease = current;
        }
        return LeaseFailures.Contention;
    }

    /// <summary>Removes a lease whether or not its secret has ended.</summary>
    public async ValueTask<Outcome<Nothing>> RemoveAsync(string id, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await records.ReadAsync(id, cancellationToken) is not { } lease)
                return Outcome.Done;
            var change = records.Begin();
            records.Remove(change, lease);
            var outcome = await change.CommitAsync(cancellationToken);
            if (outcome.Succeeded)
                return Outcome.Done;
            if (outcome.Kind == CommitKind.Unknown)
                return LeaseFailures.UnknownOutcome;
        }
        return LeaseFailures.Contention;
    }

    private async ValueTask<Outcome<Nothing>> EndSecretAsync(StoredLease lease, CancellationToken cancellationToken)
    {
        if ((await mounts(cancellationToken)).ById(lease.Entry.Mount) is not { } mount)
            return LeaseFailures.MountGone;
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(Limit);
        try
        {
            var storage = barrier.ForMount(mount);
            await storage.ReachAsync("lease.revoking", cancellationToken);
            var ended = await mount.Type.RevokeLeaseAsync(storage, lease.Issued, limited.Token);
            await storage.ReachAsync("lease.ended", cancellationToken);
            return ended;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return LeaseFailures.TimedOut(Limit);
        }
        catch (Exception e) when (e is not (OperationCanceledException or BarrierSealedException or StoreUnavailableException))
        {
            fault(lease.Id, e);
            return LeaseFailures.Bug;
        }
    }

    // Whoever changed it meanwhile has reasons of his own to move it.
    private async ValueTask PostponeAsync(string id, Failure failure, CancellationToken cancellationToken)
    {
        if (await records.ReadAsync(id, cancellationToken) is not { Entry.Irrevocable: false } lease)
            return;
        var refusals = lease.Entry.Refusals + 1;
        var change = records.Begin();
        records.Replace(change, lease, lease.Entry with
        {
            Refusals = refusals,
            Irrevocable = refusals >= MostRefusals,
            LastError = failure.Message.Length <= LeaseEntry.MaxErrorLength ? failure.Message : failure.Message[..LeaseEntry.MaxErrorLength],
            DueAt = time.GetUtcNow() + (FirstWait * Math.Pow(2, refusals - 1)),
            Ending = true,
        });
        _ = await change.CommitAsync(cancellationToken);
    }
}
