using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Barrier;

public class BarrierStoreTests
{
    [Fact]
    public async Task Written_values_are_read_back_with_the_revision_of_their_commit()
    {
        var view = (await new BarrierBuilder().NodeAsync()).View;
        var revision = await view.WriteAsync("a/b", "value");
        var stored = await view.ReadAsync("a/b", default);
        Assert.Equal("value", Encoding.UTF8.GetString(stored!.Value.Value.Span));
        Assert.Equal(revision, stored.Value.Revision);
        Assert.Null(await view.ReadAsync("a/c", default));
    }

    [Fact]
    public async Task Any_value_under_any_path_survives_the_round_trip()
    {
        var view = (await new BarrierBuilder().NodeAsync()).View;
        var cases = from path in Gen.Elements("a", "ä/ö", "x/y/z", "with space", "日本語/キー", "%2e").NonEmptyListOf()
                    from value in ArbMap.Default.GeneratorFor<byte[]>()
                    select (path: string.Join('/', path), value);
        Prop.ForAll(cases.ToArbitrary(), input =>
        {
            var outcome = view.Begin().Put(view, input.path, input.value).CommitAsync(default).AsTask().GetAwaiter().GetResult();
            var read = view.ReadAsync(input.path, default).AsTask().GetAwaiter().GetResult();
            return outcome.Succeeded && read!.Value.Value.Span.SequenceEqual(input.value);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task A_transaction_takes_all_or_nothing()
    {
        var view = (await new BarrierBuilder().NodeAsync()).View;
        await view.WriteAsync("held", "1");
        var outcome = await view.Begin().Require(view, "held", 0).Put(view, "other", "2"u8.ToArray()).Delete(view, "held").CommitAsync(default);
        Assert.Equal(CommitKind.Conflict, outcome.Kind);
        Assert.Equal("1", await view.ReadTextAsync("held"));
        Assert.Null(await view.ReadTextAsync("other"));
    }

    [Fact]
    public async Task A_deleted_entry_is_gone_from_reads_and_lists_and_from_the_store()
    {
        var builder = new BarrierBuilder();
        var view = (await builder.NodeAsync()).View;
        await view.WriteAsync("a", "1");
        Assert.True((await view.Begin().Delete(view, "a").Delete(view, "never there").CommitAsync(default)).Succeeded);
        Assert.Null(await view.ReadAsync("a", default));
        Assert.Empty(await view.ListAsync("", 0, default));
        Assert.Null((await builder.Store.StoredAsync(view, "a"))[0]);
    }

    [Fact]
    public async Task A_write_with_a_stale_revision_conflicts_and_one_with_the_right_revision_does_not()
    {
        var view = (await new BarrierBuilder().NodeAsync()).View;
        var first = await view.WriteAsync("a", "1");
        Assert.True((await view.TryWriteAsync("a", "2", first)).Succeeded);
        var stale = await view.TryWriteAsync("a", "3", first);
        Assert.Equal(CommitKind.Conflict, stale.Kind);
        Assert.Equal("2", await view.ReadTextAsync("a"));
    }

    [Fact]
    public async Task A_fence_that_fell_lets_nothing_through()
    {
        var builder = new BarrierBuilder();
        var view = (await builder.NodeAsync()).View;
        Precondition fence;
        await using (var leadership = await builder.Store.CampaignAsync("duties", default))
        {
            fence = leadership.Fence;
            Assert.True((await view.Begin().Require(fence).Put(view, "a", "1"u8.ToArray()).CommitAsync(default)).Succeeded);
        }
        var outcome = await view.Begin().Require(fence).Put(view, "a", "2"u8.ToArray()).CommitAsync(default);
        Assert.Equal(CommitKind.Conflict, outcome.Kind);
        Assert.Equal("1", await view.ReadTextAsync("a"));
    }

    [Fact]
    public async Task Views_of_other_mounts_namespaces_and_folders_are_apart()
    {
        var barrier = (await new BarrierBuilder().NodeAsync()).Barrier;
        StorageView[] views =
        [
            barrier.System(NamespaceId.Root), barrier.System(new NamespaceId(7)), barrier.System(NamespaceId.Root).Folder("f/"), View(barrier, 1), View(barrier, 2),
        ];
        for (var i = 0; i < views.Length; i++)
            await views[i].WriteAsync("path", $"value {i}");
        for (var i = 0; i < views.Length; i++)
            Assert.Equal($"value {i}", await views[i].ReadTextAsync("path"));
        Assert.Equal("value 2", await views[0].ReadTextAsync("f/path"));
    }

    [Fact]
    public async Task ReadMany_answers_in_order_with_null_for_what_is_absent()
    {
        var view = (await new BarrierBuilder().NodeAsync()).View;
        await view.WriteAsync("a", "1");
        await view.WriteAsync("b", "2");
        var values = await view.ReadManyAsync(["b", "none", "a"], default);
        Assert.Equal(["2", null, "1"], values.Select(v => v is null ? null : Encoding.UTF8.GetString(v.Value.Value.Span)));
    }

    [Fact]
    public async Task Listings_and_scans_stay_inside_the_view()
    {
        var barrier = (await new BarrierBuilder().NodeAsync()).Barrier;
        var (one, two) = (View(barrier, 1), View(barrier, 2));
        foreach (var path in new[] { "a", "b/1", "b/2", "c/d/e" })
            await one.WriteAsync(path, "x");
        await two.WriteAsync("b/3", "x");
        Assert.Equal(["a", "b/", "c/"], await one.ListAsync("", 0, default));
        Assert.Equal(["1", "2"], await one.Folder("b/").ListAsync("", 0, default));
        Assert.Equal(["b/"], await one.ListAsync("a", 1, default));
        Assert.Equal(["a", "b/1", "b/2", "c/d/e"], await one.ScanAsync("", 0, default));
        Assert.Equal(["d/e"], await one.Folder("c/").ScanAsync("", 0, default));
    }

    [Fact]
    public async Task Range_decrypts_what_starts_with_the_prefix_and_continues_after_a_path()
    {
        var view = (await new BarrierBuilder().NodeAsync()).View.Folder("versions/");
        foreach (var path in new[] { "k/01", "k/02", "k/03", "l/01" })
            await view.WriteAsync(path, "value of " + path);
        var first = await view.RangeAsync("k/", "", 2, default);
        Assert.Equal(["k/01", "k/02"], first.Select(e => e.Key));
        Assert.Equal("value of k/02", Encoding.UTF8.GetString(first[1].Value.Value.Span));
        Assert.Equal(["k/03"], (await view.RangeAsync("k/", "k/02", 10, default)).Select(e => e.Key));
        Assert.Empty(await view.RangeAsync("k/", "z", 10, default));
        Assert.Equal(["k/01", "k/02", "k/03"], (await view.RangeAsync("k", "", 10, default)).Select(e => e.Key));
    }

    [Fact]
    public async Task An_entry_of_one_mebibyte_is_taken_with_an_engines_notes_and_a_larger_one_refused()
    {
        var view = (await new BarrierBuilder().NodeAsync()).View;
        Assert.True((await view.Begin().Put(view, "a", new byte[1 << 20]).CommitAsync(default)).Succeeded);
        Assert.True((await view.Begin().Put(view, "a", new byte[(1 << 20) + 64]).CommitAsync(default)).Succeeded);
        await Assert.ThrowsAsync<StoreLimitException>(() => view.Begin().Put(view, "a", new byte[(1 << 20) + 65]).CommitAsync(default).AsTask());
    }

    [Fact]
    public async Task A_path_that_is_no_Unicode_is_refused_and_not_replaced()
    {
        var view = (await new BarrierBuilder().NodeAsync()).View;
        await Assert.ThrowsAnyAsync<ArgumentException>(() => view.WriteAsync("lone \ud800 surrogate", "x"));
    }

    [Fact]
    public async Task One_value_written_twice_has_two_nonces()
    {
        var builder = new BarrierBuilder();
        var view = (await builder.NodeAsync()).View;
        var nonces = new HashSet<string>();
        for (var i = 0; i < 100; i++)
        {
            await view.WriteAsync("a", "same");
            nonces.Add(Convert.ToHexString((await builder.Store.StoredAsync(view, "a"))[0].Value.Span.Slice(5, 12)));
        }
        Assert.Equal(100, nonces.Count);
    }

    [Fact]
    public async Task Stored_bytes_contain_no_plaintext()
    {
        var store = new MemoryStore();
        var builder = new BarrierBuilder { Store = store };
        var node = await builder.NodeAsync();
        for (var i = 0; i < 20; i++)
            await node.View.WriteAsync($"path/{i}", $"planted-secret-{i}");
        await node.Barrier.RotateAsync(default);
        await node.View.WriteAsync("path/0", "planted-secret-new");
        await foreach (var entry in store.ExportAsync(default))
            Assert.Equal(-1, entry.Value.Span.IndexOf("planted-secret"u8));
    }

    [Fact]
    public async Task A_sealed_barrier_reads_writes_lists_and_hashes_nothing()
    {
        var node = await new BarrierBuilder().NodeAsync();
        await node.View.WriteAsync("a", "1");
        node.Barrier.Seal();
        Assert.True(node.Barrier.IsSealed);
        await Assert.ThrowsAsync<BarrierSealedException>(() => node.View.ReadTextAsync("a"));
        await Assert.ThrowsAsync<BarrierSealedException>(() => node.View.WriteAsync("a", "2"));
        await Assert.ThrowsAsync<BarrierSealedException>(async () => await node.View.ListAsync("", 0, default));
        await Assert.ThrowsAsync<BarrierSealedException>(async () => await node.Barrier.EncryptTokenAsync("t"u8.ToArray(), "batch", default));
        Assert.Throws<BarrierSealedException>(() => node.Barrier.HashToken("id"u8, new byte[32]));
        Assert.Throws<BarrierSealedException>(() => node.Barrier.KeyStatus);
        await Assert.ThrowsAsync<BarrierSealedException>(() => node.Barrier.RotateAsync(default));
    }

    [Fact]
    public async Task Operations_that_the_seal_overtakes_end_as_sealed_or_done_and_never_otherwise()
    {
        for (var round = 0; round < 10; round++)
        {
            var node = await new BarrierBuilder().NodeAsync();
            var view = node.View;
            var workers = Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
            {
                for (var i = 0; i < int.MaxValue; i++)
                {
                    await view.WriteAsync($"{worker}/{i}", "value");
                    Assert.Equal("value", await view.ReadTextAsync($"{worker}/{i}"));
                    node.Barrier.HashToken("id"u8, new byte[32]);
                }
            })).ToArray();
            await Task.Delay(5);
            node.Barrier.Seal();
            foreach (var worker in workers)
                await Assert.ThrowsAsync<BarrierSealedException>(() => worker);
        }
    }

    [Fact]
    public async Task An_event_tells_of_sealing_once()
    {
        var builder = new BarrierBuilder();
        await builder.NodeAsync();
        var node = builder.SealedNode();
        var events = new List<string>();
        node.Barrier.Sealed += (_, _) => events.Add(node.Barrier.IsSealed ? "sealed" : "too early");
        await builder.UnsealAsync(node);
        node.Barrier.Seal();
        node.Barrier.Seal();
        Assert.Equal(["sealed"], events);
    }

    private static StorageView View(BarrierStore barrier, ulong mount) => new(barrier, NamespaceId.Root, mount, "");
}
