using System.Runtime.CompilerServices;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

/// <summary>How a store is out of reach.</summary>
public enum Partition
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>Calls fail at once.</summary>
    Refuses,

    /// <summary>Calls hang until the partition is healed, then go on.</summary>
    Hangs,

    /// <summary>Commits happen but their answers are lost; all else works.</summary>
    LosesAnswers,
}

/// <summary>One core's way to a store that cores share; it can be cut. The leaderships of a core that is cut off go to others. Does not own the store.</summary>
public sealed class PartitionableStore(IStore shared) : IStore
{
    private readonly Lock gate = new();
    private readonly List<Seat> seats = [];
    private TaskCompletionSource healed = Open();
    private volatile Partition partition;

    /// <summary>Cuts the way off.</summary>
    public async Task CutAsync(Partition how)
    {
        List<Seat> lost = [];
        lock (gate)
        {
            if (healed.Task.IsCompleted)
                healed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            partition = how;
            if (how != Partition.LosesAnswers)
            {
                lost.AddRange(seats);
                seats.Clear();
            }
        }
        foreach (var seat in lost)
            await seat.ExpireAsync();
    }

    /// <summary>Opens the way again.</summary>
    public void Heal()
    {
        lock (gate)
        {
            partition = Partition.None;
            healed.TrySetResult();
        }
    }

    public async ValueTask<GetResult> GetAsync(IReadOnlyList<StoreKey> keys, CancellationToken cancellationToken)
    {
        await PassAsync(cancellationToken);
        return await shared.GetAsync(keys, cancellationToken);
    }

    public async ValueTask<RangeResult> RangeAsync(StoreKey from, StoreKey to, int limit, bool keysOnly, CancellationToken cancellationToken)
    {
        await PassAsync(cancellationToken);
        return await shared.RangeAsync(from, to, limit, keysOnly, cancellationToken);
    }

    public async ValueTask<CommitOutcome> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        await PassAsync(cancellationToken);
        var outcome = await shared.CommitAsync(transaction, cancellationToken);
        return partition == Partition.LosesAnswers ? CommitOutcome.Unknown : outcome;
    }

    public async ValueTask<long> HeadAsync(CancellationToken cancellationToken)
    {
        await PassAsync(cancellationToken);
        return await shared.HeadAsync(cancellationToken);
    }

    public async IAsyncEnumerable<WatchEvent> WatchAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await PassAsync(cancellationToken);
        await foreach (var commit in shared.WatchAsync(after, cancellationToken))
        {
            await PassAsync(cancellationToken);
            yield return commit;
        }
    }

    public async IAsyncEnumerable<StoreEntry> ExportAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await PassAsync(cancellationToken);
        await foreach (var entry in shared.ExportAsync(cancellationToken))
        {
            await PassAsync(cancellationToken);
            yield return entry;
        }
    }

    public async ValueTask<Leadership> CampaignAsync(string name, CancellationToken cancellationToken)
    {
        await PassAsync(cancellationToken);
        var seat = new Seat(await shared.CampaignAsync(name, cancellationToken));
        lock (gate)
            seats.Add(seat);
        return seat;
    }

    public ValueTask DisposeAsync() => default;

    private Task PassAsync(CancellationToken cancellationToken) => partition switch
    {
        Partition.Refuses => throw new StoreUnavailableException("the store is out of reach"),
        Partition.Hangs => healed.Task.WaitAsync(cancellationToken),
        _ => Task.CompletedTask,
    };

    private static TaskCompletionSource Open()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private sealed class Seat(Leadership held) : Leadership
    {
        public override Precondition Fence => held.Fence;

        public override CancellationToken Lost => held.Lost;

        /// <summary>What a lease does when its holder does not renew it.</summary>
        public ValueTask ExpireAsync() => held.DisposeAsync();

        public override ValueTask DisposeAsync() => held.DisposeAsync();
    }
}
