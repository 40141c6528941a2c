using System.Runtime.CompilerServices;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

/// <summary>Holds answers of a store back, so that a test decides what comes first.</summary>
public sealed class GatedStore(IStore inner) : IStore
{
    /// <summary>Holds answers to reads that the store has already given.</summary>
    public Gate Reads { get; } = new();

    /// <summary>Holds commits that the store has already announced, to the watches that begin while it stands here.</summary>
    public Gate Watched { get; set; } = new();

    /// <summary>Holds answers of the head that the store has already given.</summary>
    public Gate Heads { get; } = new();

    public bool HeadFails { get; set; }

    /// <summary>How many reads reached the store.</summary>
    public int Gets { get; private set; }

    public async ValueTask<GetResult> GetAsync(IReadOnlyList<StoreKey> keys, CancellationToken cancellationToken)
    {
        Gets++;
        var result = await inner.GetAsync(keys, cancellationToken);
        await Reads.PassAsync(cancellationToken);
        return result;
    }

    public ValueTask<RangeResult> RangeAsync(StoreKey from, StoreKey to, int limit, bool keysOnly, CancellationToken cancellationToken) =>
        inner.RangeAsync(from, to, limit, keysOnly, cancellationToken);

    public ValueTask<CommitOutcome> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken) =>
        inner.CommitAsync(transaction, cancellationToken);

    public async ValueTask<long> HeadAsync(CancellationToken cancellationToken)
    {
        var head = HeadFails ? throw new StoreUnavailableException("no head") : await inner.HeadAsync(cancellationToken);
        await Heads.PassAsync(cancellationToken);
        return head;
    }

    public async IAsyncEnumerable<WatchEvent> WatchAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var gate = Watched;
        await foreach (var commit in inner.WatchAsync(after, cancellationToken))
        {
            await gate.PassAsync(cancellationToken);
            yield return commit;
        }
    }

    public IAsyncEnumerable<StoreEntry> ExportAsync(CancellationToken cancellationToken) => inner.ExportAsync(cancellationToken);

    public ValueTask<Leadership> CampaignAsync(string name, CancellationToken cancellationToken) => inner.CampaignAsync(name, cancellationToken);

    public ValueTask DisposeAsync() => default;
}

/// <summary>Open until closed.</summary>
public sealed class Gate
{
    private volatile TaskCompletionSource? closed;
    private int held;
    private int passed;

    /// <summary>How much waits.</summary>
    public int Held => Volatile.Read(ref held);

    /// <summary>How much has passed.</summary>
    public int Passed => Volatile.Read(ref passed);

    public void Close() => closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open()
    {
        closed?.TrySetResult();
        closed = null;
    }

    public async Task PassAsync(CancellationToken cancellationToken)
    {
        if (closed is { } gate)
        {
            _ = Interlocked.Increment(ref held);
            await gate.Task.WaitAsync(cancellationToken);
            _ = Interlocked.Decrement(ref held);
        }
        _ = Interlocked.Increment(ref passed);
    }
}
