using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Barrier;

public class ManyNodesTests
{
    private readonly BarrierBuilder builder = new();

    [Fact]
    public async Task What_one_node_encrypts_under_a_new_term_the_other_reads()
    {
        var (one, two) = (await builder.NodeAsync(), await builder.NodeAsync());
        await one.Barrier.RotateAsync(default);
        await one.View.WriteAsync("a", "new term");
        Assert.Equal("new term", await two.View.ReadTextAsync("a"));
        Assert.Equal(2u, two.Barrier.KeyStatus.Term);
    }

    [Fact]
    public async Task A_write_under_a_replaced_keyring_is_tried_again_and_its_conflict_never_shown()
    {
        var (one, two) = (await builder.NodeAsync(), await builder.NodeAsync());
        await two.View.WriteAsync("warm", "x");
        await one.Barrier.RotateAsync(default);
        var outcome = await two.View.TryWriteAsync("a", "1", 0);
        Assert.Equal(CommitKind.Committed, outcome.Kind);
        Assert.Equal("1", await one.View.ReadTextAsync("a"));
        var stored = (await builder.Store.StoredAsync(two.View, "a"))[0];
        Assert.True(SealedValue.TryReadTerm(stored.Value.Span, out var term));
        Assert.Equal(2u, term);
    }

    [Fact]
    public async Task Nodes_with_caches_follow_each_others_rotations_and_rewrites()
    {
        await using var cacheOne = new CachedStore(builder.Store);
        await using var cacheTwo = new CachedStore(builder.Store);
        var (one, two) = (await builder.NodeAsync(_ => cacheOne), await builder.NodeAsync(_ => cacheTwo));
        for (var round = 1u; round <= 20; round++)
        {
            await one.Barrier.RotateAsync(default);
            var revision = await one.View.WriteAsync("a", $"value {round}");
            Assert.True(await cacheTwo.WaitForAsync(revision, TimeSpan.FromSeconds(30), default));
            Assert.Equal($"value {round}", await two.View.ReadTextAsync("a"));
            Assert.Equal(CommitKind.Committed, (await two.View.TryWriteAsync("a", "rewritten", revision)).Kind);
            Assert.Equal(round + 1, two.Barrier.KeyStatus.Term);
        }
    }

    [Fact]
    public async Task Of_racing_writes_with_preconditions_one_wins()
    {
        BarrierNode[] nodes = [await builder.NodeAsync(), await builder.NodeAsync()];
        for (var round = 0; round < 50; round++)
        {
            var path = $"race/{round}";
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(
                racer => Task.Run(() => nodes[racer % 2].View.TryWriteAsync(path, $"{racer}", 0).AsTask())));
            Assert.Single(outcomes, outcome => outcome.Kind == CommitKind.Committed);
            Assert.Equal(3, outcomes.Count(outcome => outcome.Kind == CommitKind.Conflict));
        }
    }

    [Fact]
    public async Task Writes_of_eight_threads_on_two_nodes_survive_rotations_on_both()
    {
        BarrierNode[] nodes = [await builder.NodeAsync(), await builder.NodeAsync()];
        var writers = Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                await nodes[worker % 2].View.WriteAsync($"{worker}/{i}", $"value {worker} {i}");
                Assert.Equal($"value {worker} {i}", await nodes[(worker + 1) % 2].View.ReadTextAsync($"{worker}/{i}"));
            }
        })).ToArray();
        var rotations = nodes.Select(node => Task.Run(async () =>
        {
            for (var i = 0; i < 15; i++)
                await node.Barrier.RotateAsync(default);
        }));
        await Task.WhenAll([.. writers, .. rotations]);

        var fresh = await builder.NodeAsync();
        Assert.Equal(31u, fresh.Barrier.KeyStatus.Term);
        for (var worker = 0; worker < 8; worker++)
        {
            for (var i = 0; i < 200; i++)
                Assert.Equal($"value {worker} {i}", await fresh.View.ReadTextAsync($"{worker}/{i}"));
        }
    }

    [Fact]
    public async Task Sealing_all_on_one_node_seals_the_other_that_watches()
    {
        var (one, two) = (await builder.NodeAsync(), await builder.NodeAsync());
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var isSealed = new TaskCompletionSource();
        two.Barrier.Sealed += (_, _) => isSealed.SetResult();
        var watch = two.Barrier.WatchAsync(stop.Token);
        await one.Barrier.SealAllAsync(default);
        Assert.True(one.Barrier.IsSealed);
        await isSealed.Task.WaitAsync(stop.Token);
        Assert.True(two.Barrier.IsSealed);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch);
    }

    [Fact]
    public async Task A_node_that_does_not_watch_cannot_write_after_all_were_sealed()
    {
        var (one, two) = (await builder.NodeAsync(), await builder.NodeAsync());
        await two.View.WriteAsync("a", "1");
        await one.Barrier.SealAllAsync(default);
        await Assert.ThrowsAsync<BarrierSealedException>(() => two.View.WriteAsync("a", "2"));
        Assert.True(two.Barrier.IsSealed);
        var fresh = await builder.NodeAsync();
        Assert.Equal("1", await fresh.View.ReadTextAsync("a"));
    }

    [Fact]
    public async Task Sealing_one_node_leaves_the_other_unsealed()
    {
        var (one, two) = (await builder.NodeAsync(), await builder.NodeAsync());
        one.Barrier.Seal();
        await two.View.WriteAsync("a", "1");
        Assert.Equal("1", await two.View.ReadTextAsync("a"));
    }

    [Fact]
    public async Task An_old_seal_mark_does_not_seal_who_was_unsealed_after_it()
    {
        var (one, two) = (await builder.NodeAsync(), await builder.NodeAsync());
        await one.Barrier.SealAllAsync(default);
        await builder.UnsealAsync(one);
        await one.View.WriteAsync("a", "1");
        await Assert.ThrowsAsync<BarrierSealedException>(() => two.View.WriteAsync("a", "2"));
        await builder.UnsealAsync(two);
        await two.View.WriteAsync("a", "3");
        Assert.Equal("3", await one.View.ReadTextAsync("a"));
    }

    [Fact]
    public async Task A_seal_mark_set_while_a_node_unseals_is_obeyed()
    {
        var one = await builder.NodeAsync();
        var store = new HookedStore(builder.Store);
        var two = builder.SealedNode(_ => store);
        await two.Seals.UnsealAsync(builder.Shares[0], default);
        var readings = 0;
        store.OnRange = async range =>
        {
            var result = await range();

            // The seal manager reads first, then the barrier: the mark is set just behind its back.
            if (++readings == 2)
                await one.Barrier.SealAllAsync(default);
            return result;
        };
        Assert.True((await two.Seals.UnsealAsync(builder.Shares[1], default)).Value.Sealed);
        Assert.True(one.Barrier.IsSealed);
        Assert.True(two.Barrier.IsSealed);
    }

    [Fact]
    public async Task An_operation_that_notices_an_old_seal_mark_late_does_not_end_the_span_begun_since()
    {
        var one = await builder.NodeAsync();
        HookedStore? store = null;
        var two = await builder.NodeAsync(inner => store = new HookedStore(inner));
        await two.View.WriteAsync("warm", "x");
        store!.OnCommit = async (_, commit) =>
        {
            store.OnCommit = static (_, next) => next();
            await one.Barrier.SealAllAsync(default);
            two.Barrier.Seal();
            await builder.UnsealAsync(two);
            return await commit();
        };
        await Assert.ThrowsAsync<BarrierSealedException>(() => two.View.WriteAsync("a", "of the old span"));
        await two.View.WriteAsync("a", "of the new span");
        Assert.Equal("of the new span", await two.View.ReadTextAsync("a"));
    }

    [Fact]
    public async Task Sealing_all_seals_this_node_even_when_the_store_does_not_answer()
    {
        HookedStore? store = null;
        var node = await builder.NodeAsync(inner => store = new HookedStore(inner));
        store!.OnCommit = static (_, _) => throw new StoreUnavailableException("cut off");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.Barrier.SealAllAsync(default));
        Assert.True(node.Barrier.IsSealed);
    }

    [Fact]
    public async Task A_watching_node_takes_over_a_keyring_before_it_needs_it()
    {
        var (one, two) = (await builder.NodeAsync(), await builder.NodeAsync());
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var watch = two.Barrier.WatchAsync(stop.Token);
        await one.Barrier.RotateAsync(default);
        while (two.Barrier.KeyStatus.Term != 2)
            await Task.Delay(1, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch);
    }

    [Fact]
    public async Task A_watching_node_seals_itself_when_the_store_was_emptied()
    {
        var node = await builder.NodeAsync();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var isSealed = new TaskCompletionSource();
        node.Barrier.Sealed += (_, _) => isSealed.SetResult();
        var watch = node.Barrier.WatchAsync(stop.Token);
        await builder.Store.CommitAsync(new StoreTransaction([], [new StoreChange(KeyLayout.State, null)]), default);
        await isSealed.Task.WaitAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch);
    }

    [Fact]
    public async Task A_flip_of_the_generation_is_followed_by_reads_and_writes()
    {
        var node = await builder.NodeAsync();
        await node.View.WriteAsync("a", "first generation");
        var state = JsonSerializer.SerializeToUtf8Bytes(new StateRecord { Generation = 2 }, BootstrapJson.Default.StateRecord);
        await builder.Store.CommitAsync(new StoreTransaction([], [new StoreChange(KeyLayout.State, state)]), default);
        Assert.Equal(CommitKind.Committed, (await node.View.TryWriteAsync("a", "second generation", 0)).Kind);
        Assert.Equal("second generation", await node.View.ReadTextAsync("a"));
        Assert.NotNull((await builder.Store.StoredAsync(node.View, "a"))[0]);
    }

    [Fact]
    public async Task A_keyring_that_never_stands_still_ends_in_a_clear_failure()
    {
        HookedStore? store = null;
        var node = await builder.NodeAsync(inner => store = new HookedStore(inner));
        await node.View.WriteAsync("warm", "x");
        store!.OnCommit = static (_, _) => new(CommitOutcome.Conflict(KeyLayout.RootKeyring));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.View.WriteAsync("a", "x"));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.Barrier.RotateAsync(default));
    }

    [Fact]
    public async Task A_lost_answer_is_shown_as_unknown_and_not_tried_again()
    {
        HookedStore? store = null;
        var node = await builder.NodeAsync(inner => store = new HookedStore(inner));
        await node.View.WriteAsync("warm", "x");
        var before = store!.Commits;
        store.OnCommit = static (_, _) => new(CommitOutcome.Unknown);
        Assert.Equal(CommitKind.Unknown, (await node.View.TryWriteAsync("a", "x")).Kind);
        Assert.Equal(1, store.Commits - before);
    }
}
