using Kist.Core.Barrier;

namespace Kist.Core.Leases;

/// <summary>Lets leases end with their token.</summary>
internal sealed class LeaseTokenEnds(LeaseRecords records, TimeProvider time)
{
    private const int LeasesPerCommit = 20;

    /// <summary>
    /// Adds to a transaction that some leases of a revoked token end now, and no longer hang on it. False when it has none left. Whoever is issued one
    /// meanwhile requires the token, which is gone.
    /// </summary>
    /// <param name="transaction">A transaction without other changes.</param>
    /// <param name="tokenHash">The token.</param>
    /// <param name="maxBytes">Reached or passed by what it is made to write.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<bool> AddAsync(Transaction transaction, string tokenHash, int maxBytes, CancellationToken cancellationToken)
    {
        var index = records.OfToken(tokenHash);
        var ids = await index.ScanAsync("", LeasesPerCommit, cancellationToken);
        foreach (var id in ids)
        {
            if (transaction.Changes.Sum(change => change.Value?.Length ?? 0) >= maxBytes)
                break;
            if (await records.ReadAsync(id, cancellationToken) is not { } lease || lease.Entry.TokenHash != tokenHash)
            {
                transaction.Delete(index, id);
                continue;
            }
            records.End(transaction, lease with { Entry = lease.Entry with { TokenHash = "" } }, time.GetUtcNow());
            transaction.Delete(index, id);
        }
        return ids.Count > 0;
    }
}
