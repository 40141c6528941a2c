using System.Text.Json.Serialization;
using Kist.Core.Barrier;
using Kist.Core.Storage;
using Kist.Core.Tests.Storage;

namespace Kist.Core.Tests.Barrier;

public partial class RecordMemoTests
{
    private readonly BarrierBuilder builder = new();

    [Fact]
    public async Task A_record_is_parsed_once_a_revision()
    {
        var view = (await builder.NodeAsync()).View;
        var first = await WriteAsync(view, "one");
        var read = await ReadAsync(view);
        Assert.Equal(first, read.Revision);
        Assert.Same(read.Record, (await ReadAsync(view)).Record);

        var second = await WriteAsync(view, "two");
        var changed = await ReadAsync(view);
        Assert.Equal(("two", second), (changed.Record.Name, changed.Revision));
    }

    [Fact]
    public async Task An_absent_record_is_null_and_seen_once_written()
    {
        var view = (await builder.NodeAsync()).View;
        Assert.Null(await view.ReadRecordAsync("record", Json.Default.Sample, default));
        await WriteAsync(view, "one");
        Assert.Equal("one", (await ReadAsync(view)).Record.Name);
        await view.Begin().Delete(view, "record").CommitAsync(default);
        Assert.Null(await view.ReadRecordAsync("record", Json.Default.Sample, default));
    }

    [Fact]
    public async Task A_record_that_another_node_changed_is_read_anew()
    {
        var (one, two) = (await builder.NodeAsync(), await builder.NodeAsync());
        await WriteAsync(one.View, "one");
        Assert.Equal("one", (await ReadAsync(two.View)).Record.Name);
        await WriteAsync(one.View, "two");
        Assert.Equal("two", (await ReadAsync(two.View)).Record.Name);
    }

    [Fact]
    public async Task A_remembered_record_is_neither_decrypted_nor_parsed_and_completes_at_once()
    {
        var node = await builder.NodeAsync();
        await WriteAsync(node.View, "one");
        var record = (await ReadAsync(node.View)).Record;
        var (before, hits) = (GC.GetAllocatedBytesForCurrentThread(), 0);
        for (var i = 0; i < 1_000; i++)
        {
            var read = node.View.ReadRecordAsync("record", Json.Default.Sample, default);
            if (read.IsCompletedSuccessfully && ReferenceEquals(record, (await read)!.Value.Record))
                hits++;
        }
        Assert.Equal(1_000, hits);

        // The key, and what the memory store allocates for a list of one.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1_000, 1, 400);
    }

    [Fact]
    public async Task A_remembered_record_over_a_fresh_cache_does_not_reach_the_store()
    {
        var counting = new CountingStore(builder.Store);
        await using var cache = new CachedStore(counting);
        var node = await builder.NodeAsync(_ => cache);
        await WriteAsync(node.View, "one");
        await Eventually.HoldsAsync(() => cache.IsFresh);
        var record = (await ReadAsync(node.View)).Record;
        var before = counting.Gets;
        for (var i = 0; i < 100; i++)
            Assert.Same(record, (await ReadAsync(node.View)).Record);
        Assert.Equal(before, counting.Gets);
    }

    [Fact]
    public async Task Sealing_forgets_all_records()
    {
        var node = await builder.NodeAsync();
        await WriteAsync(node.View, "one");
        var before = (await ReadAsync(node.View)).Record;
        node.Barrier.Seal();
        await Assert.ThrowsAsync<BarrierSealedException>(() => ReadAsync(node.View));
        await builder.UnsealAsync(node);
        var after = (await ReadAsync(node.View)).Record;
        Assert.NotSame(before, after);
        Assert.Equal(before, after);
    }

    [Fact]
    public async Task Sealing_disposes_what_was_remembered()
    {
        var node = await builder.NodeAsync();
        await WriteAsync(node.View, "one");
        var record = (await node.View.ReadRecordAsync("record", Json.Default.Disposable, default))!.Value.Record;
        Assert.False(record.IsDisposed);
        node.Barrier.Seal();
        Assert.True(record.IsDisposed);
    }

    [Fact]
    public async Task What_this_node_deletes_it_forgets_and_another_one_never_answers_it()
    {
        var (one, two) = (await builder.NodeAsync(), await builder.NodeAsync());
        await WriteAsync(one.View, "one");
        var kept = await RememberedAsync(one.View);
        Assert.NotNull(await two.View.ReadRecordAsync("record", Json.Default.Sample, default));
        await one.View.Begin().Delete(one.View, "record").CommitAsync(default);
        // Nothing of the node refers to it any more.
        await Eventually.HoldsAsync(() =>
        {
            GC.Collect();
            return !kept.TryGetTarget(out _);
        });
        Assert.False(one.Barrier.IsSealed);
        Assert.Null(await two.View.ReadRecordAsync("record", Json.Default.Sample, default));
    }

    [Fact]
    public void What_is_forgotten_makes_room()
    {
        var memo = new RecordMemo(10_000);
        memo.Add(Tx.Key("kept"), 1, "kept", 100);
        for (var i = 0; i < 1_000; i++)
        {
            memo.Add(Tx.Key("gone"), i, "gone", 100);
            memo.Forget(Tx.Key("gone"));
            Assert.False(memo.TryGet<string>(Tx.Key("gone"), i, out _));
        }
        Assert.True(memo.TryGet(Tx.Key("kept"), 1, out string? kept));
        Assert.Equal("kept", kept);
    }

    [Fact]
    public void What_was_read_before_it_was_deleted_is_not_remembered_after()
    {
        var memo = new RecordMemo(10_000);
        var mark = memo.Mark(Tx.Key("gone"));
        memo.Forget(Tx.Key("gone"));
        memo.Add(Tx.Key("gone"), 1, "gone", 100, mark);
        Assert.False(memo.TryGet<string>(Tx.Key("gone"), 1, out _));
        memo.Add(Tx.Key("gone"), 2, "made again", 100, memo.Mark(Tx.Key("gone")));
        Assert.True(memo.TryGet(Tx.Key("gone"), 2, out string? again));
        Assert.Equal("made again", again);
    }

    [Fact]
    public async Task What_a_slow_reader_fetched_before_a_deletion_is_forgotten_with_it()
    {
        var hooked = new HookedStore(new MemoryStore());
        var node = await new BarrierBuilder { Store = hooked }.NodeAsync();
        await WriteAsync(node.View, "one");
        hooked.AfterGet = async () =>
        {
            hooked.AfterGet = static () => Task.CompletedTask;
            await node.View.Begin().Delete(node.View, "record").CommitAsync(default);
        };
        var kept = await RememberedAsync(node.View);
        await Eventually.HoldsAsync(() =>
        {
            GC.Collect();
            return !kept.TryGetTarget(out _);
        });
        Assert.False(node.Barrier.IsSealed);
    }

    [Fact]
    public void A_record_counts_for_what_it_holds_beside_its_entry()
    {
        var memo = new RecordMemo(100_000);
        for (var i = 0; i < 1_000; i++)
            memo.Add(Tx.Key($"{i}"), 1, new Heavy(), 10);
        var remembered = Enumerable.Range(0, 1_000).Count(i => memo.TryGet<Heavy>(Tx.Key($"{i}"), 1, out _));
        Assert.InRange(remembered, 1, 100_000 / 4_000);
    }

    [Fact]
    public async Task No_record_outlives_the_end_of_the_memo_however_it_races()
    {
        for (var round = 0; round < 200; round++)
        {
            var memo = new RecordMemo(4_000);
            var records = Enumerable.Range(0, 40).Select(i => new Disposable($"{i}")).ToArray();
            var adding = Task.Run(() =>
            {
                for (var i = 0; i < records.Length; i++)
                    memo.Add(Tx.Key($"{i % 4}"), i, records[i], 10);
            });
            memo.Dispose();
            await adding;
            for (var i = 0; i < records.Length; i++)
                Assert.True(!memo.TryGet<Disposable>(Tx.Key($"{i % 4}"), i, out var kept) || kept.IsDisposed);
        }
    }

    [Fact]
    public async Task One_entry_read_as_two_types_gives_each_its_own()
    {
        var view = (await builder.NodeAsync()).View;
        await WriteAsync(view, "one");
        Assert.Equal("one", (await ReadAsync(view)).Record.Name);
        Assert.Equal("one", (await view.ReadRecordAsync("record", Json.Default.Other, default))!.Value.Record.Name);
    }

    [Fact]
    public void The_memo_keeps_what_is_used_and_stays_within_its_bound()
    {
        var memo = new RecordMemo(100_000);
        memo.Add(Tx.Key("hot"), 1, "hot", 100);
        for (var i = 0; i < 10_000; i++)
        {
            memo.Add(Tx.Key($"cold {i}"), 1, "cold", 100);
            Assert.True(memo.TryGet(Tx.Key("hot"), 1, out string? hot));
            Assert.Equal("hot", hot);
        }
        var kept = Enumerable.Range(0, 10_000).Count(i => memo.TryGet<string>(Tx.Key($"cold {i}"), 1, out _));
        Assert.InRange(kept, 1, 100_000 / 200);
    }

    [Fact]
    public void A_record_of_another_revision_or_type_is_not_answered()
    {
        var memo = new RecordMemo(100_000);
        memo.Add(Tx.Key("a"), 5, "record", 100);
        Assert.False(memo.TryGet<string>(Tx.Key("a"), 4, out _));
        Assert.False(memo.TryGet<string>(Tx.Key("a"), 6, out _));
        Assert.False(memo.TryGet<Version>(Tx.Key("a"), 5, out _));
        Assert.True(memo.TryGet<string>(Tx.Key("a"), 5, out _));
    }

    [Fact]
    public async Task The_memo_may_be_used_by_many_threads()
    {
        var memo = new RecordMemo(20_000);
        var workers = Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                var number = i % 200;
                if (memo.TryGet<string>(Tx.Key($"{number}"), 1, out var record))
                    Assert.Equal($"{number}", record);
                else
                    memo.Add(Tx.Key($"{number}"), 1, $"{number}", 10);
            }
        }));
        await Task.WhenAll(workers);
    }

    // Apart, so that no local of the test keeps it.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static async Task<WeakReference<Sample>> RememberedAsync(StorageView view) => new((await ReadAsync(view)).Record);

    private static async Task<long> WriteAsync(StorageView view, string name)
    {
        var outcome = await view.Begin().Put(view, "record", new Sample(name), Json.Default.Sample).CommitAsync(default);
        Assert.Equal(CommitKind.Committed, outcome.Kind);
        return outcome.Revision;
    }

    private static async Task<StoredRecord<Sample>> ReadAsync(StorageView view) =>
        (await view.ReadRecordAsync("record", Json.Default.Sample, default))!.Value;

    internal sealed record Sample(string Name);

    internal sealed record Other(string Name);

    private sealed class Heavy : IHeavyRecord
    {
        public int HeldBytes => 4_000;
    }

    internal sealed record Disposable(string Name) : IDisposable
    {
        [JsonIgnore]
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    [JsonSerializable(typeof(Sample))]
    [JsonSerializable(typeof(Other))]
    [JsonSerializable(typeof(Disposable))]
    internal sealed partial class Json : JsonSerializerContext;
}
