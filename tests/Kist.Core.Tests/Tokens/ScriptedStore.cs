using Kist.Core.Storage;

namespace Kist.Core.Tests.Tokens;

/// <summary>Counts what reaches a store and ends commits as a test wants.</summary>
public sealed class ScriptedStore(IStore inner) : IStore
{
    private Func<Task>? before;

    public int Commits { get; private set; }

    public int EntriesRanged { get; private set; }

    public int Gets { get; private set; }

    public IStore Inner => inner;

    /// <summary>Called before each commit. Null passes it on; <see cref="CommitFate.LostAfter"/> applies it and loses the answer.</summary>
    public Func<StoreTransaction, CommitFate?> Fate { get; set; } = static _ => null;

    /// <summary>Lets something happen between what the next commit was decided on and the commit itself.</summary>
    public void Before(Func<Task> happening) => before = happening;

    public void ResetCounts() => (Commits, EntriesRanged, Gets) = (0, 0, 0);

    public ValueTask<GetResult> GetAsync(IReadOnlyList<StoreKey> keys, CancellationToken cancellationToken)
    {
        Gets++;
        return inner.GetAsync(keys, cancellationToken);
    }

    public async ValueTask<RangeResult> RangeAsync(StoreKey from, StoreKey to, int limit, bool keysOnly, CancellationToken cancellationToken)
    {
        var result = await inner.RangeAsync(from, to, limit, keysOnly, cancellationToken);
        EntriesRanged += result.Entries.Count;
        return result;
    }

    public async ValueTask<CommitOutcome> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        Commits++;
        if (Interlocked.Exchange(ref before, null) is { } happening)
            await happening();
        switch (Fate(transaction))
        {
            case CommitFate.LostBefore:
                return CommitOutcome.Unknown;
            case CommitFate.LostAfter:
                await inner.CommitAsync(transaction, cancellationToken);
                return CommitOutcome.Unknown;
            case CommitFate.Crash:
                throw new StoreUnavailableException("the test's crash");
            default:
                return await inner.CommitAsync(transaction, cancellationToken);
        }
    }

    public ValueTask<long> HeadAsync(CancellationToken cancellationToken) => inner.HeadAsync(cancellationToken);

    public IAsyncEnumerable<WatchEvent> WatchAsync(long after, CancellationToken cancellationToken) => inner.WatchAsync(after, cancellationToken);

    public IAsyncEnumerable<StoreEntry> ExportAsync(CancellationToken cancellationToken) => inner.ExportAsync(cancellationToken);

    public ValueTask<Leadership> CampaignAsync(string name, CancellationToken cancellationToken) => inner.CampaignAsync(name, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>How a commit ends other than by the store's own decision.</summary>
public enum CommitFate
{
    /// <summary>Not applied, and the answer is lost.</summary>
    LostBefore,

    /// <summary>Applied, and the answer is lost.</summary>
    LostAfter,

    /// <summary>Not applied; the store is gone.</summary>
    Crash,
}
