using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

public sealed class MemoryStoreTests : StoreConformance
{
    protected override Task<IStore> OpenAsync() => Task.FromResult<IStore>(new MemoryStore());

    protected override async Task CloseAsync() => await Store.DisposeAsync();

    [Fact]
    public async Task Watcher_that_falls_behind_the_history_is_told_so()
    {
        await using var store = new MemoryStore(historyCommits: 4);
        for (var i = 0; i < 6; i++)
            _ = await store.WriteAsync(Tx.Put("a"));
        Assert.Same(WatchEvent.Lost, Assert.Single(await store.WatchedAsync(1, 1)));
        Assert.Equal([3, 4, 5, 6], (await store.WatchedAsync(2, 4)).Select(e => e.Revision));
    }

    [Fact]
    public async Task Slow_watcher_is_told_when_history_passed_it()
    {
        await using var store = new MemoryStore(historyCommits: 4);
        _ = await store.WriteAsync(Tx.Put("a"));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var watch = store.WatchAsync(0, patience.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        for (var i = 0; i < 5; i++)
            _ = await store.WriteAsync(Tx.Put("a"));
        Assert.True(await watch.MoveNextAsync());
        Assert.Same(WatchEvent.Lost, watch.Current);
        Assert.False(await watch.MoveNextAsync());
    }

    [Fact]
    public async Task Closing_ends_watches_and_leaderships()
    {
        var store = new MemoryStore();
        var leader = await store.CampaignAsync("duties", default);
        var watch = store.WatchedAsync(1, 1);
        await store.DisposeAsync();
        _ = await Assert.ThrowsAsync<StoreUnavailableException>(() => watch);
        _ = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ReadAsync("a"));
        _ = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.CommitAsync(Tx.Put("a")));
        Assert.True(leader.Lost.IsCancellationRequested);
        await leader.DisposeAsync();
    }
}
