using System.Text;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

/// <summary>What every store must do. Each implementation derives from it and says how one is opened.</summary>
public abstract class StoreConformance : IAsyncLifetime
{
    protected IStore Store { get; private set; } = null!;

    /// <summary>Opens an empty store.</summary>
    protected abstract Task<IStore> OpenAsync();

    /// <summary>Closes the store and what it stood on.</summary>
    protected abstract Task CloseAsync();

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    [Fact]
    public async Task Empty_store_is_at_revision_zero()
    {
        Assert.Equal(0, await Store.HeadAsync(default));
        Assert.Null(await Store.EntryAsync("a"));
        Assert.Equal("", await Store.KeysAsync("a", "z"));
    }

    [Fact]
    public async Task Commit_raises_the_revision_by_one_and_marks_what_it_wrote()
    {
        Assert.Equal(1, await Store.WriteAsync(Tx.Put("a", "1").ThenPut("b", "1")));
        Assert.Equal(2, await Store.WriteAsync(Tx.Put("b", "2")));
        Assert.Equal(2, await Store.HeadAsync(default));
        var got = await Store.GetAsync([Tx.Key("b"), Tx.Key("x"), Tx.Key("a"), Tx.Key("b")], default);
        Assert.Equal(2, got.Revision);
        Assert.Equal([2, null, 1, 2], got.Entries.Select(e => e?.Revision));
        Assert.Equal("2", await Store.ReadAsync("b"));
        Assert.Equal("1", await Store.ReadAsync("a"));
    }

    [Fact]
    public async Task Transaction_without_changes_answers_the_current_revision_and_makes_none()
    {
        var revision = await Store.WriteAsync(Tx.Put("a"));
        Assert.Equal(revision, await Store.WriteAsync(new Tx().If("a", revision)));
        Assert.Equal(revision, await Store.HeadAsync(default));
        Assert.Equal(CommitKind.Conflict, (await Store.CommitAsync(new Tx().If("a", revision + 1))).Kind);
    }

    [Fact]
    public async Task Failed_precondition_names_its_key_and_changes_nothing()
    {
        var revision = await Store.WriteAsync(Tx.Put("a", "old"));
        var outcome = await Store.CommitAsync(Tx.Put("b").ThenDelete("a").If("a", revision).If("c", revision).If("d", 9));
        Assert.Equal(CommitOutcome.Conflict(Tx.Key("c")), outcome);
        Assert.Equal("old", await Store.ReadAsync("a"));
        Assert.Null(await Store.ReadAsync("b"));
        Assert.Equal(revision, await Store.HeadAsync(default));
    }

    [Fact]
    public async Task Precondition_of_absence_holds_before_and_after_the_life_of_an_entry()
    {
        var created = await Store.WriteAsync(Tx.Put("a").If("a", 0));
        Assert.Equal(CommitKind.Conflict, (await Store.CommitAsync(Tx.Put("a").If("a", 0))).Kind);
        _ = await Store.WriteAsync(Tx.Delete("a").If("a", created));
        Assert.Equal(CommitKind.Conflict, (await Store.CommitAsync(Tx.Put("a").If("a", created))).Kind);
        Assert.Equal(3, await Store.WriteAsync(Tx.Put("a").If("a", 0)));
    }

    [Fact]
    public async Task Deleting_an_absent_key_is_a_commit_without_effect()
    {
        Assert.Equal(1, await Store.WriteAsync(Tx.Delete("a")));
        Assert.Null(await Store.ReadAsync("a"));
    }

    [Fact]
    public async Task Empty_and_binary_values_come_back_as_written()
    {
        var binary = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        var changes = new StoreChange[] { new(Tx.Key("empty"), Array.Empty<byte>()), new(new([0, 0xFF, 0]), binary) };
        _ = await Store.CommitAsync(new([], changes), default);
        var got = await Store.GetAsync([Tx.Key("empty"), new([0, 0xFF, 0])], default);
        Assert.Equal(0, got.Entries[0]!.Value.Length);
        Assert.Equal(binary, got.Entries[1]!.Value.ToArray());
    }

    [Fact]
    public async Task Buffers_may_be_reused_after_a_commit()
    {
        var buffer = "first"u8.ToArray();
        _ = await Store.CommitAsync(new([], [new(Tx.Key("a"), buffer)]), default);
        Array.Clear(buffer);
        Assert.Equal("first", await Store.ReadAsync("a"));
    }

    [Fact]
    public async Task Range_is_half_open_in_byte_order_and_says_when_more_is_left()
    {
        _ = await Store.WriteAsync(Tx.Put("b").ThenPut("a").ThenPut("ab").ThenPut("a\u00ff").ThenPut("B").ThenPut("c"));
        Assert.Equal("a ab a\\xc3\\xbf b", await Store.KeysAsync("a", "c"));
        Assert.Equal("a ab …", await Store.KeysAsync("a", "c", 2));
        Assert.Equal("a ab a\\xc3\\xbf b", await Store.KeysAsync("a", "c", 4));
        Assert.Equal("B a", await Store.KeysAsync("A", "a\0"));
        Assert.Equal("", await Store.KeysAsync("c", "a"));
        Assert.Equal("", await Store.KeysAsync("a", "a"));
    }

    [Fact]
    public async Task Range_carries_values_unless_only_keys_are_asked_for()
    {
        _ = await Store.WriteAsync(Tx.Put("a", "1").ThenPut("b", "2"));
        var full = await Store.RangeAsync(Tx.Key("a"), Tx.Key("z"), 10, keysOnly: false, default);
        Assert.Equal("12", string.Concat(full.Entries.Select(e => Encoding.UTF8.GetString(e.Value.Span))));
        var keys = await Store.RangeAsync(Tx.Key("a"), Tx.Key("z"), 10, keysOnly: true, default);
        Assert.Equal([(0, 1L), (0, 1L)], keys.Entries.Select(e => (e.Value.Length, e.Revision)));
        Assert.Equal((1, false), (keys.Revision, keys.More));
    }

    [Fact]
    public async Task Transaction_at_the_limits_is_taken()
    {
        var keys = Enumerable.Range(0, StoreLimits.Changes).Select(i => Tx.Key(Tx.Numbered("k", i))).ToList();
        var preconditions = keys.Select(k => new Precondition(k, 0)).ToList();
        var room = StoreLimits.TransactionBytes - (2 * keys.Sum(k => k.Span.Length));
        var changes = keys.Select((k, i) => new StoreChange(k, new byte[i == 0 ? room : 0])).ToList();
        Assert.True((await Store.CommitAsync(new(preconditions, changes), default)).Succeeded);
        Assert.Equal(room, (await Store.EntryAsync(Tx.Numbered("k", 0)))!.Value.Length);

        var longest = new StoreKey(Enumerable.Repeat((byte)0xFF, StoreLimits.KeyBytes).ToArray());
        Assert.True((await Store.CommitAsync(new([], [new(longest, new byte[1])]), default)).Succeeded);
        Assert.NotNull((await Store.GetAsync([longest], default)).Entries[0]);
    }

    [Fact]
    public async Task Transaction_over_a_limit_is_refused_whole()
    {
        var many = Enumerable.Range(0, 101).Select(i => Tx.Key(Tx.Numbered("k", i))).ToList();
        var large = new byte[StoreLimits.TransactionBytes];
        await Refused(new([], [.. many.Select(k => new StoreChange(k, new byte[1]))]));
        await Refused(new([.. many.Select(k => new Precondition(k, 0))], []));
        await Refused(new([], [new(Tx.Key("k"), large)]));
        await Refused(new([], [new(Tx.Key("k"), new byte[1]), new(Tx.Key("k"), null)]));
        await Refused(new([], [new(default, new byte[1])]));
        await Refused(new([new(default, 0)], []));
        Assert.Equal(0, await Store.HeadAsync(default));

        async Task Refused(StoreTransaction transaction) =>
            _ = await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.CommitAsync(transaction, default));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(10_001)]
    public async Task Range_limit_outside_its_bounds_is_refused(int limit) =>
        _ = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await Store.RangeAsync(Tx.Key("a"), Tx.Key("b"), limit, keysOnly: true, default));

    [Fact]
    public async Task Cancelled_call_does_nothing()
    {
        var cancelled = new CancellationToken(canceled: true);
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.CommitAsync(Tx.Put("a").Build(), cancelled));
        Assert.Null(await Store.ReadAsync("a"));
    }

    [Fact]
    public async Task Export_yields_every_entry_as_of_one_revision_in_key_order()
    {
        for (var i = 0; i < 300; i += 100)
        {
            var batch = new Tx();
            for (var j = i; j < i + 100; j++)
                batch = batch.ThenPut(Tx.Numbered("k", 299 - j), "v");
            _ = await Store.WriteAsync(batch);
        }
        var keys = new List<string>();
        await foreach (var entry in Store.ExportAsync(default))
        {
            if (keys.Count == 0)
                _ = await Store.WriteAsync(Tx.Delete(Tx.Numbered("k", 7)).ThenPut("later"));
            keys.Add(entry.Key.ToString());
            Assert.Equal(1, entry.Value.Length);
            Assert.InRange(entry.Revision, 1, 3);
        }
        Assert.Equal(Enumerable.Range(0, 300).Select(i => Tx.Numbered("k", i)), keys);
    }

    [Fact]
    public async Task Racing_preconditions_have_exactly_one_winner()
    {
        for (var round = 0; round < 20; round++)
        {
            var before = (await Store.EntryAsync("race"))?.Revision ?? 0;
            var racers = Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
                await Store.CommitAsync(Tx.Put("race", Tx.Numbered("", i)).ThenPut(Tx.Numbered("mine", i)).If("race", before))));
            var outcomes = await Task.WhenAll(racers);
            var winner = Assert.Single(outcomes, o => o.Succeeded);
            Assert.All(outcomes, o => Assert.True(o.Succeeded || o == CommitOutcome.Conflict(Tx.Key("race"))));
            Assert.Equal(winner.Revision, (await Store.EntryAsync("race"))!.Revision);
        }
        Assert.Equal(20, await Store.HeadAsync(default));
    }

    [Fact]
    public async Task Conflict_among_concurrent_commits_does_not_fail_the_others()
    {
        var tasks = Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
            (Odd: i % 2 == 1, Outcome: await Store.CommitAsync(Tx.Put(Tx.Numbered("k", i)).If("absent", i % 2)))));
        var outcomes = await Task.WhenAll(tasks);
        Assert.All(outcomes, o => Assert.Equal(o.Odd ? CommitKind.Conflict : CommitKind.Committed, o.Outcome.Kind));
        var revisions = outcomes.Where(o => !o.Odd).Select(o => o.Outcome.Revision).Order();
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), revisions);
        Assert.Equal(100, (await Store.RangeAsync(Tx.Key("k"), Tx.Key("l"), 1000, keysOnly: true, default)).Entries.Count);
    }

    [Fact]
    public async Task Concurrent_counters_lose_no_step()
    {
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var done = 0; done < 25;)
            {
                var entry = await Store.EntryAsync("counter");
                var value = entry is null ? 0 : BitConverter.ToInt32(entry.Value.Span);
                var change = new StoreChange(Tx.Key("counter"), BitConverter.GetBytes(value + 1));
                done += (await Store.CommitAsync(new([new(Tx.Key("counter"), entry?.Revision ?? 0)], [change]), default)).Succeeded ? 1 : 0;
            }
        }));
        await Task.WhenAll(workers);
        Assert.Equal(100, BitConverter.ToInt32((await Store.EntryAsync("counter"))!.Value.Span));
    }

    [Fact]
    public async Task Reads_are_from_one_snapshot_while_writers_run()
    {
        _ = await Store.WriteAsync(Tx.Put("x", "0").ThenPut("y", "0"));
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            var i = 0;
            while (!stop.IsCancellationRequested)
            {
                i++;
                _ = await Store.WriteAsync(Tx.Put("x", $"{i}").ThenPut("y", $"{i}"));
            }
        });
        for (var i = 0; i < 300; i++)
        {
            var got = await Store.GetAsync([Tx.Key("x"), Tx.Key("y")], default);
            Assert.Equal(got.Entries[0]!.Value.ToArray(), got.Entries[1]!.Value.ToArray());
            Assert.InRange(got.Revision, got.Entries[0]!.Revision, long.MaxValue);
            var range = await Store.RangeAsync(Tx.Key("x"), Tx.Key("z"), 10, keysOnly: false, default);
            Assert.Equal(range.Entries[0].Revision, range.Entries[1].Revision);
        }
        await stop.CancelAsync();
        await writer;
    }

    [Fact]
    public async Task Watch_delivers_whole_commits_in_order_with_the_keys_they_touched()
    {
        _ = await Store.WriteAsync(Tx.Put("a").ThenPut("b"));
        _ = await Store.WriteAsync(Tx.Delete("a"));
        var watching = Store.WatchedAsync(0, 4);
        _ = await Store.CommitAsync(Tx.Put("never").If("b", 77));
        _ = await Store.WriteAsync(Tx.Put("c"));
        _ = await Store.WriteAsync(Tx.Put("a").ThenDelete("c"));
        var events = await watching;
        Assert.Equal([1, 2, 3, 4], events.Select(e => e.Revision));
        Assert.Equal(["a b", "a", "c", "a c"], events.Select(e => string.Join(' ', e.Keys.Select(k => k.ToString()).Order(StringComparer.Ordinal))));
        Assert.Equal([3, 4], (await Store.WatchedAsync(2, 2)).Select(e => e.Revision));
    }

    [Fact]
    public async Task Watch_under_concurrent_commits_misses_and_repeats_nothing()
    {
        var watching = Store.WatchedAsync(0, 200);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => Store.WriteAsync(Tx.Put(Tx.Numbered("k", i))))));
        var events = await watching;
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i), events.Select(e => e.Revision));
        Assert.Equal(200, events.SelectMany(e => e.Keys).Distinct().Count());
    }

    [Fact]
    public async Task What_a_watch_delivered_is_seen_by_reads()
    {
        var writer = Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
                _ = await Store.WriteAsync(Tx.Put("a", $"{i}"));
        });
        await foreach (var seen in Store.WatchAsync(0, default))
        {
            Assert.InRange(await Store.HeadAsync(default), seen.Revision, 50);
            Assert.InRange((await Store.EntryAsync("a"))!.Revision, seen.Revision, 50);
            if (seen.Revision == 50)
                break;
        }
        await writer;
    }

    [Fact]
    public async Task Watch_from_an_unknown_revision_says_that_history_is_lost()
    {
        _ = await Store.WriteAsync(Tx.Put("a"));
        var events = new List<WatchEvent>();
        await foreach (var seen in Store.WatchAsync(5, default))
            events.Add(seen);
        Assert.Same(WatchEvent.Lost, Assert.Single(events));
    }

    [Fact]
    public async Task Watch_ends_when_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var watch = Store.WatchAsync(0, stop.Token).GetAsyncEnumerator();
        var next = watch.MoveNextAsync().AsTask();
        await stop.CancelAsync();
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        await watch.DisposeAsync();
    }

    [Fact]
    public async Task One_campaigner_leads_at_a_time_and_a_former_leaders_fence_fails()
    {
        var first = await Store.CampaignAsync("duties", default);
        var second = Store.CampaignAsync("duties", default).AsTask();
        await using var other = await Store.CampaignAsync("other-duties", default);
        Assert.True((await Store.CommitAsync(Tx.Put("by-first").If(first.Fence))).Succeeded);
        Assert.False(second.IsCompleted);
        Assert.False(first.Lost.IsCancellationRequested);

        await first.DisposeAsync();
        Assert.True(first.Lost.IsCancellationRequested);
        await using var next = await second;
        Assert.Equal(CommitKind.Conflict, (await Store.CommitAsync(Tx.Put("by-first").If(first.Fence))).Kind);
        Assert.True((await Store.CommitAsync(Tx.Put("by-second").If(next.Fence).If(other.Fence))).Succeeded);
    }

    [Fact]
    public async Task Fence_fails_between_two_leaders()
    {
        var leader = await Store.CampaignAsync("duties", default);
        await leader.DisposeAsync();
        await leader.DisposeAsync();
        Assert.Equal(CommitKind.Conflict, (await Store.CommitAsync(Tx.Put("a").If(leader.Fence))).Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("é")]
    public async Task Campaign_refuses_other_names(string name) =>
        _ = await Assert.ThrowsAsync<ArgumentException>(async () => await Store.CampaignAsync(name, default));

    [Fact]
    public async Task Cancelled_campaign_leaves_the_seat_to_others()
    {
        var first = await Store.CampaignAsync("duties", default);
        using var stop = new CancellationTokenSource();
        var cancelled = Store.CampaignAsync("duties", stop.Token).AsTask();
        await stop.CancelAsync();
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await first.DisposeAsync();
        await using var next = await Store.CampaignAsync("duties", default);
        Assert.True((await Store.CommitAsync(Tx.Put("a").If(next.Fence))).Succeeded);
    }

    [Fact]
    public void Random_histories_agree_with_a_naive_model() => StoreModel.Check(Store);
}
