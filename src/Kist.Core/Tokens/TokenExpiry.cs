using Kist.Core.Barrier;
using Kist.Core.Storage;

namespace Kist.Core.Tokens;

/// <summary>
/// Revokes tokens whose time is over, in order of their time: the work is what is due, not what exists. An expired token is refused by its own time
/// anyway; this frees its space and its children's.
/// </summary>
internal sealed class TokenExpiry(TokenSpace space, TokenRevocation revocation, ClockGuard guard)
{
    /// <summary>Revokes what is due; nothing while the clock is not to be believed.</summary>
    /// <param name="fence">The leader's precondition, or null.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    /// <returns>How many tokens ended.</returns>
    public async Task<int> ExpireDueAsync(Precondition? fence, CancellationToken cancellationToken)
    {
        if (!guard.IsSteady())
            return 0;
        var ended = 0;
        foreach (var records in space.All)
            ended += await ExpireDueAsync(records, fence, cancellationToken);
        return ended;
    }

    private async Task<int> ExpireDueAsync(TokenRecords records, Precondition? fence, CancellationToken cancellationToken)
    {
        var ended = 0;
        var after = "";
        while (true)
        {
            var page = await records.Expiry.ScanAsync(after, TokenRevocation.TokensPerCommit, cancellationToken);
            var now = space.Clock.GetUtcNow();
            var due = page.TakeWhile(key => TokenRecords.ParseExpiryKey(key).Due <= now).ToList();
            if (due.Count == 0)
                return ended;
            ended += await ExpireAsync(records, due, fence, cancellationToken) ?? await ExpireOneByOneAsync(records, due, fence, cancellationToken);
            if (due.Count < TokenRevocation.TokensPerCommit)
                return ended;
            after = due[^1];
        }
    }

    // One that is renewed or used at the same moment must not hold up the others.
    private async Task<int> ExpireOneByOneAsync(TokenRecords records, List<string> due, Precondition? fence, CancellationToken cancellationToken)
    {
        var ended = 0;
        foreach (var key in due)
            ended += await ExpireAsync(records, [key], fence, cancellationToken) ?? 0;
        return ended;
    }

    // Null when the commit did not happen: the next call finds the same entries again.
    private async Task<int?> ExpireAsync(TokenRecords records, List<string> due, Precondition? fence, CancellationToken cancellationToken)
    {
        var transaction = records.Begin().RequireFence(fence);
        var removed = new List<string>();
        foreach (var key in due)
        {
            var (_, hash) = TokenRecords.ParseExpiryKey(key);
            var token = await records.ReadAsync(hash, cancellationToken);
            if (token is { Entry.ExpiresAt: { } end } expired && TokenRecords.ExpiryKey(end, hash) == key)
            {
                records.Remove(transaction, expired);
                removed.Add(hash);
            }
            else
            {
                RemoveLeftover(records, transaction, key, hash, token);
            }
        }
        var outcome = await transaction.CommitAsync(cancellationToken);
        if (!outcome.Succeeded)
            return null;
        await revocation.FinishAsync(records, removed, fence, int.MaxValue, cancellationToken);
        return removed.Count;
    }

    // An entry that no token has any more, or the trace of a token that was revoked without its children.
    private static void RemoveLeftover(TokenRecords records, Transaction transaction, string key, string hash, StoredToken? token)
    {
        transaction.Require(records.Ids, hash, token?.Revision ?? 0).Delete(records.Expiry, key);
        if (token is { Entry.Revoked: true })
            transaction.Delete(records.Ids, hash);
    }
}
