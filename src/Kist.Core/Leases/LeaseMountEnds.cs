using System.Collections.Concurrent;
using Kist.Core.Mounts;

namespace Kist.Core.Leases;

/// <summary>Lets leases end with their mount.</summary>
internal sealed class LeaseMountEnds(LeaseRecords records, LeaseRevoker revoker, TimeProvider time)
{
    private const int PageSize = 64;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Revokes all leases of a mount that issues no more. A failure when one is left: then the mount's data, which revoking needs, must stay. What could not be
    /// revoked is tried again by itself like any lease, so this only looks whether it is gone when it is called again.
    /// </summary>
    public async ValueTask<Outcome<Nothing>> EndOfMountAsync(Mount mount, CancellationToken cancellationToken)
    {
        var index = records.OfMount(mount.Id);
        var targets = new LeaseTargets();
        var failures = new ConcurrentQueue<Failure>();
        var after = "";
        while (await index.ScanAsync(after, PageSize, cancellationToken) is { Count: > 0 } ids)
        {
            await Parallel.ForEachAsync(
                ids,
                new ParallelOptions { MaxDegreeOfParallelism = LeaseReaper.PerTarget, CancellationToken = cancellationToken },
                async (id, ct) =>
                {
                    if (await EndAsync(mount, id, targets, ct) is { } failure)
                        failures.Enqueue(failure);
                });
            after = ids[^1];
        }
        if (failures.TryPeek(out var first))
        {
            return first with
            {
                Message = $"{failures.Count} leases of \"{mount.Path}\" could not be revoked yet, so the mount stays and answers nothing: {first.Message} "
                    + "(they are tried again by themselves; revoke-force removes them)",
            };
        }
        return Outcome.Done;
    }

    private async ValueTask<Failure?> EndAsync(Mount mount, string id, LeaseTargets targets, CancellationToken cancellationToken)
    {
        while (await records.ReadAsync(id, cancellationToken) is { } lease)
        {
            var now = time.GetUtcNow();
            if (lease.Entry is { Ending: true, LastError.Length: > 0 } && (lease.Entry.Irrevocable || lease.Entry.DueAt > now))
                return Failure.Unavailable("lease.not_revoked", lease.Entry.LastError);
            if (!(lease.Entry.Ending && lease.Entry.IsBeingMade(now)))
            {
                var revoked = await revoker.RevokeUnlessGivenUpAsync(lease, targets, cancellationToken);
                if (!revoked.Succeeded)
                    return revoked.Failure;
            }
            // It is being made still: who makes it ends it.
            if (await records.ReadAsync(id, cancellationToken) is not null)
                await Task.Delay(Look, time, cancellationToken);
        }
        _ = await records.Begin().Require(records.Ids, id, 0).Delete(records.OfMount(mount.Id), id).CommitAsync(cancellationToken);
        return null;
    }
}
