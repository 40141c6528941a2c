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
    private static readonly TimeSpan Unanswered = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Spare = TimeSpan.FromSeconds(5);

    /// <summary>Revokes a lease. After a failure its next try is put off.</summary>
    public async ValueTask<Outcome<Nothing>> RevokeAsync(StoredLease lease, CancellationToken cancellationToken)
    {
        var ended = await EndSecretAsync(lease, cancellationToken);
        if (ended.Succeeded)
            return await RemoveAsync(lease.Id, cancellationToken);
        await PostponeAsync(lease.Id, ended.Failure, cancellationToken);
        return ended;
    }

    /// <summary>
    /// Lets a lease end before its time and revokes it. That it shall end is committed first: what cannot be revoked now is tried again by itself. One whose secret
    /// is being made at this moment is ended by the request that makes it.
    /// </summary>
    public async ValueTask<Outcome<Nothing>> RevokeNowAsync(StoredLease lease, CancellationToken cancellationToken)
    {
        // Others leave it alone for as long as this may take.
        var ending = await EndAsync(lease, Limit + Spare, cancellationToken);
        if (!ending.Succeeded)
            return ending.Failure;
        return ending.Value is { } ended ? await RevokeAsync(ended, cancellationToken) : Outcome.Done;
    }

    /// <summary>The same as part of a larger work; where the target has not answered before, only that it shall end is written down.</summary>
    public async ValueTask<Outcome<Nothing>> RevokeUnlessGivenUpAsync(StoredLease lease, LeaseTargets targets, CancellationToken cancellationToken)
    {
        if (targets.IsGivenUp(lease.Entry))
        {
            var ending = await EndAsync(lease, Unanswered, cancellationToken);
            return ending.Failure ?? LeaseFailures.NotAsked;
        }
        var revoked = await RevokeNowAsync(lease, cancellationToken);
        targets.Note(lease.Entry, revoked);
        return revoked;
    }

    /// <summary>Lets a lease end before its time, and be revoked by itself.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="after">When it is to be revoked, from now.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The lease; null when it is gone, or ended by the request that makes its secret at this moment.</returns>
    public async ValueTask<Outcome<StoredLease?>> EndAsync(StoredLease lease, TimeSpan after, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var now = time.GetUtcNow();
            var isBeingMade = lease.Entry.IsBeingMade(now);
            if (isBeingMade && lease.Entry.Ending)
                return (StoredLease?)null;
            var change = records.Begin();
            records.End(change, lease, now, after);
            var outcome = await change.CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return LeaseFailures.UnknownOutcome;
            if (await records.ReadAsync(lease.Id, cancellationToken) is not { } current)
                return (StoredLease?)null;
            if (outcome.Succeeded)
                return isBeingMade ? (StoredLease?)null : current;
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

    // Only a refusal counts against the lease. What does not answer is tried again after others of its target: it may be this one alone that takes too long.
    private async ValueTask PostponeAsync(string id, Failure failure, CancellationToken cancellationToken)
    {
        if (await records.ReadAsync(id, cancellationToken) is not { Entry.Irrevocable: false } lease)
            return;
        var isRefusal = failure.Kind != FailureKind.Unavailable;
        var refusals = lease.Entry.Refusals + (isRefusal ? 1 : 0);
        var change = records.Begin();
        records.Replace(change, lease, lease.Entry with
        {
            Refusals = refusals,
            Irrevocable = refusals >= MostRefusals,
            LastError = failure.Message.Length <= LeaseEntry.MaxErrorLength ? failure.Message : failure.Message[..LeaseEntry.MaxErrorLength],
            DueAt = time.GetUtcNow() + (isRefusal ? FirstWait * Math.Pow(2, refusals - 1) : Unanswered),
            Ending = true,
        });
        _ = await change.CommitAsync(cancellationToken);
    }
}
