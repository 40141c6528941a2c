using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

/// <summary>Counts what reaches a store.</summary>
public sealed class CountingStore(IStore inner) : IStore
{
    public int Gets { get; private set; }

    public int Ranges { get; private set; }

    public int EntriesRead { get; private set; }

    public ValueTask<GetResult> GetAsync(IReadOnlyList<StoreKey> keys, CancellationToken cancellationToken)
    {
        Gets++;
        return inner.GetAsync(keys, cancellationToken);
    }

    public async ValueTask<RangeResult> RangeAsync(StoreKey from, StoreKey to, int limit, bool keysOnly, CancellationToken cancellationToken)
    {
        var range = await inner.RangeAsync(from, to, limit, keysOnly, cancellationToken);
        Ranges++;
        EntriesRead += range.Entries.Count;
        return range;
    }

    public ValueTask<CommitOutcome> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken) =>
        inner.CommitAsync(transaction, cancellationToken);

    public ValueTask<long> HeadAsync(CancellationToken cancellationToken) => inner.HeadAsync(cancellationToken);

    public IAsyncEnumerable<WatchEvent> WatchAsync(long after, CancellationToken cancellationToken) => inner.WatchAsync(after, cancellationToken);

    public IAsyncEnumerable<StoreEntry> ExportAsync(CancellationToken cancellationToken) => inner.ExportAsync(cancellationToken);

    public ValueTask<Leadership> CampaignAsync(string name, CancellationToken cancellationToken) => inner.CampaignAsync(name, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
