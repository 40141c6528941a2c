using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

public sealed class StoreListingTests : IAsyncDisposable
{
    private readonly CountingStore store = new(new MemoryStore());

    public ValueTask DisposeAsync() => store.DisposeAsync();

    [Fact]
    public async Task Entry_that_is_a_folder_too_is_listed_as_both()
    {
        await Fill("f/a", "f/a/b", "f/a/c/d", "f/a-b", "f/z", "g");
        Assert.Equal(["a", "a-b", "a/", "z"], await List("f/"));
        Assert.Equal(["b", "c/"], await List("f/a/"));
        Assert.Equal(["a", "a-b", "a/b", "a/c/d", "z"], await store.ScanAsync(Tx.Key("f/"), "", 0, default));
    }

    [Fact]
    public async Task After_and_limit_page_through_a_listing()
    {
        await Fill("f/a", "f/b/1", "f/b/2", "f/c", "f/d/1");
        Assert.Equal(["a", "b/"], await store.ListAsync(Tx.Key("f/"), "", 2, default));
        Assert.Equal(["c", "d/"], await store.ListAsync(Tx.Key("f/"), "b/", 2, default));
        Assert.Equal(["b/", "c", "d/"], await store.ListAsync(Tx.Key("f/"), "b", -1, default));
        Assert.Equal(["c", "d/"], await store.ListAsync(Tx.Key("f/"), "b/2", 0, default));
        Assert.Empty(await store.ListAsync(Tx.Key("f/"), "d/", 0, default));
        Assert.Equal(["b/2", "c"], await store.ScanAsync(Tx.Key("f/"), "b/1", 2, default));
    }

    [Fact]
    public async Task Overlong_after_is_a_place_in_the_order()
    {
        await Fill("f/a", "f/y", "f/z");
        var after = "y" + new string('x', 5000);
        Assert.Equal(["z"], await store.ListAsync(Tx.Key("f/"), after, 0, default));
        Assert.Equal(["z"], await store.ScanAsync(Tx.Key("f/"), after, 0, default));
    }

    [Fact]
    public async Task Ten_thousand_plain_children_cost_few_pages()
    {
        await FillNumbered("f/", 10_000);
        Assert.Equal(10_000, (await List("f/")).Count);
        Assert.InRange(store.Ranges, 1, 5);
    }

    [Fact]
    public async Task Large_folder_is_skipped_and_not_walked()
    {
        await Fill("f/a", "f/c", "f/e");
        await FillNumbered("f/b/", 20_000);
        await FillNumbered("f/d/", 20_000);
        Assert.Equal(["a", "b/", "c", "d/", "e"], await List("f/"));
        Assert.InRange(store.EntriesRead, 5, 2_000);
    }

    [Fact]
    public async Task Scan_pages_through_more_than_one_range()
    {
        await FillNumbered("f/b/", 20_001);
        var paths = await store.ScanAsync(Tx.Key("f/"), "", 0, default);
        Assert.Equal(Enumerable.Range(0, 20_001).Select(i => Tx.Numbered("b/", i)), paths);
        Assert.Equal(3, store.Ranges);
    }

    private ValueTask<IReadOnlyList<string>> List(string folder) => store.ListAsync(Tx.Key(folder), "", 0, default);

    private async Task Fill(params string[] keys)
    {
        foreach (var batch in keys.Chunk(StoreLimits.Changes))
            _ = await store.WriteAsync(batch.Aggregate(new Tx(), (tx, key) => tx.ThenPut(key)));
    }

    private Task FillNumbered(string prefix, int count) => Fill([.. Enumerable.Range(0, count).Select(i => Tx.Numbered(prefix, i))]);
}
