using Kist.Wire.Etcd;

namespace Kist.Wire.Tests.Etcd;

[Collection(SharedEtcdCollection.Name)]
public sealed class EtcdWatchTests(SharedEtcd etcd)
{
    private readonly string prefix = $"/watch/{Guid.NewGuid():N}/";

    [FactNeedingEtcd]
    public async Task Writes_and_deletions_arrive_in_order_with_what_was_before()
    {
        await using var batches = Batches(new EtcdWatch(EtcdKeys.Prefix(Key("")), 0) { Previous = true });
        var opened = await NextAsync(batches);
        Assert.Equal(EtcdWatchKind.Opened, opened.Kind);
        var first = await PutAsync("a", "one");
        await PutAsync("a", "two");
        await etcd.Client.DeleteAsync(new EtcdDelete(EtcdKeys.One(Key("a"))), CancellationToken.None);
        await etcd.Client.PutAsync(new EtcdPut(Text.Bytes("/elsewhere"), Text.Bytes("x")), CancellationToken.None);

        var events = await EventsAsync(batches, 3);
        Assert.Equal(["one", "two", ""], events.Select(e => Text.Of(e.Entry.Value)));
        Assert.Equal([false, false, true], events.Select(e => e.Deleted));
        Assert.Equal([null, "one", "two"], events.Select(e => e.Previous is { } p ? Text.Of(p.Value) : null));
        Assert.Equal([first, first + 1, first + 2], events.Select(e => e.Entry.ModRevision));
        Assert.True(opened.Revision < first);
    }

    [FactNeedingEtcd]
    public async Task Watch_begins_in_the_past()
    {
        var first = await PutAsync("a", "one");
        await PutAsync("b", "two");
        await using var batches = Batches(new EtcdWatch(EtcdKeys.Prefix(Key("")), first));
        Assert.Equal(["one", "two"], (await EventsAsync(batches, 2)).Select(e => Text.Of(e.Entry.Value)));
    }

    [FactNeedingEtcd]
    public async Task Batch_holds_whole_revisions_however_large()
    {
        await using var batches = Batches(new EtcdWatch(EtcdKeys.Prefix(Key("")), 0));
        await NextAsync(batches);
        var start = await PutAsync("start", "x");
        // Together larger than etcd sends in one message, so that it comes in parts.
        var value = new byte[12_000];
        for (var i = 0; i < 5; i++)
        {
            var puts = Enumerable.Range(0, 100).Select(n => (EtcdOperation)new EtcdPut(Key($"{i}/{n:D3}"), value)).ToList();
            await etcd.Client.TransactAsync(new EtcdTransaction([], puts, []), CancellationToken.None);
        }
        var counts = new SortedDictionary<long, int>();
        while (counts.Count < 6)
        {
            var batch = await NextAsync(batches);
            foreach (var revision in batch.Events.GroupBy(e => e.Entry.ModRevision))
                Assert.True(counts.TryAdd(revision.Key, revision.Count()), $"revision {revision.Key} came in two batches");
        }
        Assert.Equal([1, 100, 100, 100, 100, 100], counts.Values);
        Assert.Equal(start, counts.Keys.First());
    }

    [FactNeedingEtcd]
    public async Task Past_that_is_larger_than_one_message_comes_in_whole_revisions()
    {
        var start = await PutAsync("start", "x");
        var value = new byte[12_000];
        for (var i = 0; i < 5; i++)
        {
            var puts = Enumerable.Range(0, 100).Select(n => (EtcdOperation)new EtcdPut(Key($"{i}/{n:D3}"), value)).ToList();
            await etcd.Client.TransactAsync(new EtcdTransaction([], puts, []), CancellationToken.None);
        }
        await using var batches = Batches(new EtcdWatch(EtcdKeys.Prefix(Key("")), start));
        var revisions = new List<long>();
        while (revisions.Distinct().Count() < 6)
        {
            var batch = await NextAsync(batches);
            Assert.DoesNotContain(batch.Events, e => revisions.Contains(e.Entry.ModRevision));
            revisions.AddRange(batch.Events.Select(e => e.Entry.ModRevision));
        }
        Assert.Equal(501, revisions.Count);
    }

    [FactNeedingEtcd]
    public async Task Past_of_any_size_comes_in_batches_that_fit_into_memory()
    {
        var start = await PutAsync("start", "x");
        var value = new byte[1_000_000];
        for (var i = 0; i < 16; i++)
            await etcd.Client.PutAsync(new EtcdPut(Key($"{i:D2}"), value), CancellationToken.None);
        await using var batches = Batches(new EtcdWatch(EtcdKeys.Prefix(Key("")), start));
        var keys = new List<string>();
        while (keys.Count < 17)
        {
            var batch = await NextAsync(batches);
            Assert.InRange(batch.Events.Sum(e => e.Entry.Value.Length), 0, 8_000_000);
            keys.AddRange(batch.Events.Select(e => Text.Of(e.Entry.Key)));
        }
        Assert.Equal([prefix + "start", .. Enumerable.Range(0, 16).Select(i => $"{prefix}{i:D2}")], keys);
    }

    [FactNeedingEtcd]
    public async Task Progress_comes_when_asked_for()
    {
        var watcher = etcd.Client.Watch(new EtcdWatch(EtcdKeys.Prefix(Key("")), 0));
        Assert.False(await watcher.RequestProgressAsync(CancellationToken.None));
        await using var batches = watcher.ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();
        await NextAsync(batches);
        var elsewhere = await etcd.Client.PutAsync(new EtcdPut(Text.Bytes("/elsewhere"), Text.Bytes("x")), CancellationToken.None);
        Assert.True(await watcher.RequestProgressAsync(CancellationToken.None));
        var batch = await NextAsync(batches);
        Assert.Equal((EtcdWatchKind.Progress, true), (batch.Kind, batch.Revision >= elsewhere.Revision));
    }

    [FactNeedingEtcd]
    public async Task Watch_from_a_revision_that_is_compacted_says_so()
    {
        var first = await PutAsync("a", "one");
        var second = await PutAsync("a", "two");
        await etcd.Client.CompactAsync(second, physical: false, CancellationToken.None);
        await using var batches = Batches(new EtcdWatch(EtcdKeys.Prefix(Key("")), first));
        var e = await Assert.ThrowsAsync<EtcdException>(() => EventsAsync(batches, 1));
        Assert.Equal(EtcdError.Compacted, e.Error);
        Assert.True(e.CompactRevision >= second);
    }

    [FactNeedingEtcd]
    public async Task Cancellation_ends_the_watch()
    {
        using var leaving = new CancellationTokenSource();
        await using var batches = etcd.Client.Watch(new EtcdWatch(EtcdKeys.Prefix(Key("")), 0)).ReadAllAsync(leaving.Token).GetAsyncEnumerator();
        await NextAsync(batches);
        var waiting = batches.MoveNextAsync().AsTask();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [FactNeedingEtcd]
    public async Task Many_watches_share_a_client()
    {
        var watches = Enumerable.Range(0, 20).Select(i => Batches(new EtcdWatch(EtcdKeys.Prefix(Key($"{i:D2}/")), 0))).ToList();
        foreach (var watch in watches)
            await NextAsync(watch);
        for (var i = 0; i < watches.Count; i++)
            await PutAsync($"{i:D2}/key", $"{i}");
        for (var i = 0; i < watches.Count; i++)
            Assert.Equal($"{i}", Text.Of(Assert.Single(await EventsAsync(watches[i], 1)).Entry.Value));
        foreach (var watch in watches)
            await watch.DisposeAsync();
    }

    private ReadOnlyMemory<byte> Key(string name) => Text.Bytes(prefix + name);

    private IAsyncEnumerator<EtcdWatchBatch> Batches(EtcdWatch watch) => etcd.Client.Watch(watch).ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();

    private async Task<long> PutAsync(string name, string value) =>
        (await etcd.Client.PutAsync(new EtcdPut(Key(name), Text.Bytes(value)), CancellationToken.None)).Revision;

    private static async Task<EtcdWatchBatch> NextAsync(IAsyncEnumerator<EtcdWatchBatch> batches)
    {
        Assert.True(await batches.MoveNextAsync());
        return batches.Current;
    }

    private static async Task<List<EtcdEvent>> EventsAsync(IAsyncEnumerator<EtcdWatchBatch> batches, int count)
    {
        var events = new List<EtcdEvent>();
        while (events.Count < count)
            events.AddRange((await NextAsync(batches)).Events);
        return events;
    }
}
