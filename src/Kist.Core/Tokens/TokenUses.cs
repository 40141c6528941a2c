using Kist.Core.Storage;

namespace Kist.Core.Tokens;

/// <summary>Counts the uses of limited tokens: one compare-and-set a request, before it is dispatched. Other tokens cost nothing here.</summary>
internal sealed class TokenUses(TokenSpace space)
{
    private const int Attempts = 100;

    // Requests of one token queue here instead of fighting over its entry. Tokens that share a lock wait for each other and nothing worse.
    private readonly SemaphoreSlim[] locks = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    /// <summary>Takes one use.</summary>
    public async ValueTask<Outcome<Authenticated>> TakeAsync(Authenticated token, CancellationToken cancellationToken)
    {
        // A wrapping token is used up by the unwrapping itself.
        if (token.Entry.NumUses == 0 || token.Entry.Type == TokenType.Wrapping)
            return token;
        var mine = locks[(uint)StringComparer.Ordinal.GetHashCode(token.Hash) % (uint)locks.Length];
        await mine.WaitAsync(cancellationToken);
        try
        {
            return await CountDownAsync(token, cancellationToken);
        }
        finally
        {
            mine.Release();
        }
    }

    private async ValueTask<Outcome<Authenticated>> CountDownAsync(Authenticated token, CancellationToken cancellationToken)
    {
        var records = space.Of(token.Namespace);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await records.ReadAsync(token.Hash, cancellationToken) is not { } stored
                || stored.Entry.NumUses <= 0
                || !stored.Entry.IsAlive(space.Clock.GetUtcNow()))
                return TokenFailures.NotValid;
            var last = stored.Entry.NumUses == 1;
            var entry = stored.Entry with { NumUses = last ? -1 : stored.Entry.NumUses - 1 };
            var transaction = records.Begin();
            records.Replace(transaction, stored, entry);
            var outcome = await transaction.CommitAsync(cancellationToken);
            if (outcome.Succeeded)
                return token.After(entry, last);
            // It may have been counted: the request is refused, so that the token never serves more requests than it has uses.
            if (outcome.Kind == CommitKind.Unknown)
                return TokenFailures.UnknownOutcome;
        }
        return TokenFailures.Contention;
    }
}
