using Kist.Core.Storage;

namespace Kist.Core.Tests.Barrier;

/// <summary>A store whose commits a test counts, delays, loses or refuses, and whose reads it delays.</summary>
public sealed class HookedStore(IStore inner) : IStore
{
    /// <summary>Commits that reached the hook.</summary>
    public int Commits { get; private set; }

    /// <summary>Runs instead of a commit; it may call the second argument for the real one.</summary>
    public Func<StoreTransaction, Func<ValueTask<CommitOutcome>>, ValueTask<CommitOutcome>> OnCommit { get; set; } = static (_, commit) => commit();

    /// <summary>Runs instead of a range read, which the argument does.</summary>
    public Func<Func<ValueTask<RangeResult>>, ValueTask<RangeResult>> OnRange { get; set; } = static range => range();

    /// <summary>Runs before a read of single keys.</summary>
    public Func<Task> BeforeGet { get; set; } = static () => Task.CompletedTask;

    /// <summary>Runs after a read of single keys, before its result is given out.</summary>
    public Func<Task> AfterGet { get; set; } = static () => Task.CompletedTask;

    /// <summary>Lets other tasks run before each access, as a store behind a wire does; the one in memory answers at once.</summary>
    public void Interleave()
    {
        BeforeGet = static async () => await Task.Yield();
        OnCommit = static async (_, commit) =>
        {
            await Task.Yield();
            return await commit();
        };
    }

    /// <summary>Has <paramref name="first"/> done before the next commit reaches the store.</summary>
    public void BeforeNextCommit(Func<Task> first) => OnCommit = async (_, commit) =>
    {
        OnCommit = static (_, later) => later();
        await first();
        return await commit();
    };

    public ValueTask<CommitOutcome> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        Commits++;
        return OnCommit(transaction, () => inner.CommitAsync(transaction, cancellationToken));
    }

    public async ValueTask<GetResult> GetAsync(IReadOnlyList<StoreKey> keys, CancellationToken cancellationToken)
    {
        await BeforeGet();
        var result = await inner.GetAsync(keys, cancellationToken);
        await AfterGet();
        return result;
    }

    public ValueTask<RangeResult> RangeAsync(StoreKey from, StoreKey to, int limit, bool keysOnly, CancellationToken cancellationToken) =>
        OnRange(() => inner.RangeAsync(from, to, limit, keysOnly, cancellationToken));

    public ValueTask<long> HeadAsync(CancellationToken cancellationToken) => inner.HeadAsync(cancellationToken);

    public IAsyncEnumerable<WatchEvent> WatchAsync(long after, CancellationToken cancellationToken) => inner.WatchAsync(after, cancellationToken);

    public IAsyncEnumerable<StoreEntry> ExportAsync(CancellationToken cancellationToken) => inner.ExportAsync(cancellationToken);

    public ValueTask<Leadership> CampaignAsync(string name, CancellationToken cancellationToken) => inner.CampaignAsync(name, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
