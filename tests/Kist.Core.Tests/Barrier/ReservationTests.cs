using Kist.Core.Barrier;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Barrier;

public class ReservationTests
{
    private readonly BarrierBuilder builder = new() { Options = new BarrierOptions { ReservationBlock = 100 } };

    [Fact]
    public async Task Encryptions_are_reserved_by_the_block_and_not_one_by_one()
    {
        HookedStore? store = null;
        var node = await builder.NodeAsync(inner => store = new HookedStore(inner));
        var before = store!.Commits;
        for (var i = 0; i < 100; i++)
            await node.View.WriteAsync($"{i}", "x");
        Assert.Equal(101, store.Commits - before);
        await node.View.WriteAsync("of the next block", "x");
        Assert.Equal(103, store.Commits - before);
    }

    [Fact]
    public async Task The_status_counts_what_was_spent_of_the_own_block()
    {
        var node = await builder.NodeAsync();
        for (var i = 0; i < 30; i++)
            await node.View.WriteAsync($"{i}", "x");
        Assert.Equal(30, node.Barrier.KeyStatus.Encryptions);
    }

    [Fact]
    public async Task Every_value_of_a_transaction_counts()
    {
        var node = await builder.NodeAsync();
        for (var round = 0; round < 3; round++)
        {
            var transaction = node.View.Begin();
            for (var i = 0; i < 60; i++)
                transaction.Put(node.View, $"{i}", new byte[1]);
            Assert.True((await transaction.Delete(node.View, "costs nothing").CommitAsync(default)).Succeeded);
        }

        // Three blocks of 100, of which 40, 40 and the unspent rest were of no use.
        Assert.Equal(260, node.Barrier.KeyStatus.Encryptions);
    }

    [Fact]
    public async Task A_crash_loses_at_most_a_block()
    {
        for (var start = 1; start <= 5; start++)
        {
            var node = await builder.NodeAsync();
            await node.View.WriteAsync("a", "x");
            Assert.Equal(((start - 1) * 100) + 1, node.Barrier.KeyStatus.Encryptions);
        }
    }

    [Fact]
    public async Task A_reservation_whose_answer_was_lost_costs_a_block_and_fails_no_write()
    {
        HookedStore? store = null;
        var node = await builder.NodeAsync(inner => store = new HookedStore(inner));
        store!.OnCommit = async (_, commit) =>
        {
            store.OnCommit = static (_, next) => next();
            Assert.True((await commit()).Succeeded);
            return CommitOutcome.Unknown;
        };
        await node.View.WriteAsync("a", "x");
        Assert.Equal("x", await node.View.ReadTextAsync("a"));
        Assert.Equal(101, node.Barrier.KeyStatus.Encryptions);
    }

    [Fact]
    public async Task A_node_that_dies_while_it_reserves_leaves_a_store_that_works()
    {
        HookedStore? store = null;
        var node = await builder.NodeAsync(inner => store = new HookedStore(inner));
        store!.OnCommit = async (_, commit) =>
        {
            await commit();
            throw new StoreUnavailableException("the node was cut off");
        };
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.View.WriteAsync("a", "x"));
        var next = await builder.NodeAsync();
        await next.View.WriteAsync("a", "y");
        Assert.Equal("y", await next.View.ReadTextAsync("a"));
    }

    [Fact]
    public async Task The_count_in_the_keyring_is_never_below_the_encryptions_made()
    {
        var nodes = new[] { await builder.NodeAsync(), await builder.NodeAsync() };
        var workers = Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
                await nodes[worker % 2].View.WriteAsync($"{worker}/{i}", "x");
        }));
        await Task.WhenAll(workers);
        var fresh = await builder.NodeAsync();
        Assert.InRange(fresh.Barrier.KeyStatus.Encryptions, 800, 1_200);
    }

    [Fact]
    public void A_block_that_a_transaction_could_exceed_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new BarrierOptions { ReservationBlock = StoreLimits.Changes - 1 });
}
