using Kist.Core.Mounts;

namespace Kist.Core.Leases;

/// <summary>Lets leases end with their mount.</summary>
internal sealed class LeaseMountEnds(LeaseRecords records, LeaseRevoker revoker, TimeProvider time)
{
    private const int PageSize = 64;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Revokes all leases of a mount that issues no more. Waits for those whose secrets are being made; a failure when one could not be revoked: then the
    /// mount's data, which revoking needs, must stay.
    /// </summary>
    public async ValueTask<Outcome<Nothing>> EndOfMountAsync(Mount mount, CancellationToken cancellationToken)
    {
        var index = records.OfMount(mount.Id);
        var after = "";
        while (await index.ScanAsync(after, PageSize, cancellationToken) is { Count: > 0 } ids)
        {
            Failure? failed = null;
            await Parallel.ForEachAsync(
                ids,
                new ParallelOptions { MaxDegreeOfParallelism = LeaseReaper.PerTarget, CancellationToken = cancellationToken },
                async (id, ct) => failed = await EndAsync(mount, id, ct) ?? failed);
            if (failed is not null)
                return failed with { Message = $"a lease of \"{mount.Path}\" could not be revoked, so the mount stays: {failed.Message} (remove such leases by revoke-force)" };
            after = ids[^1];
        }
        return Outcome.Done;
    }

    private async ValueTask<Failure?> EndAsync(Mount mount, string id, CancellationToken cancellationToken)
    {
        while (await records.ReadAsync(id, cancellationToken) is { } lease)
        {
            var revoked = await revoker.RevokeNowAsync(lease, cancellationToken);
            if (!revoked.Succeeded)
                return revoked.Failure;
            // It is being made still: who makes it ends it.
            if (await records.ReadAsync(id, cancellationToken) is not null)
                await Task.Delay(Look, time, cancellationToken);
        }
        _ = await records.Begin().Require(records.Ids, id, 0).Delete(records.OfMount(mount.Id), id).CommitAsync(cancellationToken);
        return null;
    }
}
