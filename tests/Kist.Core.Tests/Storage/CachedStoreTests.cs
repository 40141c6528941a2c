using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

/// <summary>A core with a cache ("here") and another one ("there") over one store, with a clock that the test moves.</summary>
public sealed class CachedStoreTests : IAsyncLifetime
{
    private static readonly TimeSpan PastBound = CachedStore.Bound + TimeSpan.FromMilliseconds(1);

    private readonly ManualClock clock = new();
    private readonly MemoryStore there = new(historyCommits: 8);
    private readonly PartitionableStore way;
    private readonly GatedStore gate;
    private readonly CachedStore here;

    public CachedStoreTests()
    {
        way = new(there);
        gate = new(way);
        here = new(gate, clock: clock);
    }

    public Task InitializeAsync() => Eventually.HoldsAsync(clock, () => here.IsFresh);

    public async Task DisposeAsync()
    {
        await here.DisposeAsync();
        await there.DisposeAsync();
    }

    [Fact]
    public async Task Entry_that_was_read_is_answered_without_the_store()
    {
        _ = await there.WriteAsync(Tx.Put("a", "1"));
        Assert.Null(Cached("a"));
        Assert.Equal("1", await here.ReadAsync("a"));
        Assert.Equal("1", Cached("a"));
        Assert.Equal("1", await here.ReadAsync("a"));
        Assert.Equal(1, gate.Gets);
    }

    [Fact]
    public async Task Absence_is_never_cached()
    {
        Assert.Null(await here.ReadAsync("a"));
        Assert.Null(await here.ReadAsync("a"));
        Assert.Equal(2, gate.Gets);
        _ = await there.WriteAsync(Tx.Put("a", "1"));
        Assert.Equal("1", await here.ReadAsync("a"));
    }

    [Fact]
    public async Task Entry_that_the_store_says_is_absent_is_forgotten()
    {
        _ = await there.WriteAsync(Tx.Put("a", "1"));
        Assert.Equal("1", await here.ReadAsync("a"));
        gate.Watched.Close();
        _ = await there.WriteAsync(Tx.Delete("a"));
        Assert.Equal("1", Cached("a"));
        var got = await here.GetAsync([Tx.Key("a"), Tx.Key("b")], default);
        Assert.All(got.Entries, Assert.Null);
        Assert.Null(Cached("a"));
        gate.Watched.Open();
    }

    [Fact]
    public async Task Entry_that_was_written_after_the_store_said_it_is_absent_is_kept()
    {
        gate.Reads.Close();
        var reading = here.ReadAsync("a");
        await Eventually.HoldsAsync(() => gate.Reads.Held == 1);
        _ = await here.WriteAsync(Tx.Put("a", "1"));
        gate.Reads.Open();
        Assert.Null(await reading);
        Assert.Equal("1", Cached("a"));
    }

    [Fact]
    public async Task Own_commit_is_visible_before_the_watch_delivers_it()
    {
        _ = await here.WriteAsync(Tx.Put("a", "1").ThenPut("b", "1"));
        gate.Watched.Close();
        _ = await here.WriteAsync(Tx.Put("a", "2").ThenDelete("b"));
        Assert.Equal("2", Cached("a"));
        Assert.Null(Cached("b"));
        Assert.Null(await here.ReadAsync("b"));
        gate.Watched.Open();
    }

    [Fact]
    public async Task Buffer_of_an_own_commit_may_be_reused()
    {
        var buffer = "first"u8.ToArray();
        _ = await here.CommitAsync(new([], [new(Tx.Key("a"), buffer)]), default);
        Array.Clear(buffer);
        Assert.Equal("first", Cached("a"));
    }

    [Fact]
    public async Task Commit_of_another_core_drops_what_it_changed_and_nothing_else()
    {
        _ = await here.WriteAsync(Tx.Put("a", "1").ThenPut("b", "1").ThenPut("c", "1"));
        var revision = await there.WriteAsync(Tx.Put("a", "2").ThenDelete("b"));
        Assert.True(await here.WaitForAsync(revision, TimeSpan.FromHours(1), default));
        Assert.Null(Cached("a"));
        Assert.Null(Cached("b"));
        Assert.Equal("1", Cached("c"));
        Assert.Equal("2", await here.ReadAsync("a"));
        Assert.Null(await here.ReadAsync("b"));
    }

    [Fact]
    public async Task Fill_older_than_a_change_already_seen_is_dropped()
    {
        _ = await there.WriteAsync(Tx.Put("a", "old"));
        gate.Reads.Close();
        var reading = here.ReadAsync("a");
        var revision = await there.WriteAsync(Tx.Put("a", "new"));
        Assert.True(await here.WaitForAsync(revision, TimeSpan.FromHours(1), default));
        gate.Reads.Open();
        Assert.Equal("old", await reading);
        Assert.Null(Cached("a"));
        Assert.Equal("new", await here.ReadAsync("a"));
    }

    [Fact]
    public async Task Fill_older_than_an_own_commit_is_dropped()
    {
        _ = await there.WriteAsync(Tx.Put("a", "old"));
        gate.Watched.Close();
        gate.Reads.Close();
        var reading = here.ReadAsync("a");
        _ = await here.WriteAsync(Tx.Delete("a"));
        gate.Reads.Open();
        _ = await reading;
        Assert.Null(await here.ReadAsync("a"));
        gate.Watched.Open();
    }

    [Fact]
    public async Task Several_keys_are_never_answered_from_different_revisions()
    {
        _ = await here.WriteAsync(Tx.Put("a", "1").ThenPut("b", "1"));
        Assert.True(await here.WaitForAsync(1, TimeSpan.FromHours(1), default));
        gate.Watched.Close();
        _ = await there.WriteAsync(Tx.Put("a", "2").ThenPut("b", "2"));
        _ = await here.WriteAsync(Tx.Put("a", "3"));
        var got = await here.GetAsync([Tx.Key("a"), Tx.Key("b")], default);
        Assert.Equal([3, 2], got.Entries.Select(e => e!.Revision));
        gate.Watched.Open();
    }

    [Fact]
    public async Task Answer_from_the_cache_names_a_revision_at_which_it_holds()
    {
        _ = await here.WriteAsync(Tx.Put("a").ThenPut("b"));
        _ = await there.WriteAsync(Tx.Put("c"));
        Assert.True(await here.WaitForAsync(2, TimeSpan.FromHours(1), default));
        Assert.Equal(2, (await here.GetAsync([Tx.Key("a"), Tx.Key("b")], default)).Revision);
        gate.Watched.Close();
        _ = await here.WriteAsync(Tx.Put("a"));
        Assert.Equal(3, (await here.GetAsync([Tx.Key("a")], default)).Revision);
        Assert.Equal(0, gate.Gets);
        gate.Watched.Open();
    }

    [Fact]
    public async Task Conflict_drops_what_made_the_commit_lose()
    {
        _ = await here.WriteAsync(Tx.Put("a", "1"));
        gate.Watched.Close();
        _ = await there.WriteAsync(Tx.Put("a", "2"));
        Assert.Equal(CommitKind.Conflict, (await here.CommitAsync(Tx.Put("a", "3").If("a", 1))).Kind);
        Assert.Equal(2, (await here.EntryAsync("a"))!.Revision);
        Assert.True((await here.CommitAsync(Tx.Put("a", "3").If("a", 2))).Succeeded);
        gate.Watched.Open();
    }

    [Fact]
    public async Task Commit_whose_answer_was_lost_leaves_nothing_stale()
    {
        _ = await here.WriteAsync(Tx.Put("a", "1"));
        gate.Watched.Close();
        await way.CutAsync(Partition.LosesAnswers);
        Assert.Equal(CommitKind.Unknown, (await here.CommitAsync(Tx.Put("a", "2"))).Kind);
        Assert.Equal("2", await here.ReadAsync("a"));
        gate.Watched.Open();
    }

    [Theory]
    [InlineData(Partition.Refuses)]
    [InlineData(Partition.Hangs)]
    public async Task Core_that_is_cut_off_stops_to_answer_within_the_bound(Partition how)
    {
        _ = await here.WriteAsync(Tx.Put("a", "1"));
        Assert.True(await here.WaitForAsync(1, TimeSpan.FromHours(1), default));
        await way.CutAsync(how);
        _ = await there.WriteAsync(Tx.Put("a", "2"));
        Assert.Equal("1", Cached("a"));

        clock.Advance(PastBound);
        Assert.False(here.IsFresh);
        Assert.Null(Cached("a"));
        using var patience = new CancellationTokenSource();
        var reading = here.GetAsync([Tx.Key("a")], patience.Token).AsTask();
        await patience.CancelAsync();
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => reading);
        Assert.True(how == Partition.Refuses ? failure is StoreUnavailableException : failure is OperationCanceledException);

        way.Heal();
        await Eventually.HoldsAsync(clock, () => here.IsFresh);
        Assert.Null(Cached("a"));
        Assert.Equal("2", await here.ReadAsync("a"));
    }

    [Fact]
    public async Task Store_that_answers_at_times_keeps_the_cache_fresh()
    {
        for (var i = 0; i < 5; i++)
        {
            await way.CutAsync(Partition.Refuses);
            clock.Advance(TimeSpan.FromSeconds(1.5));
            Assert.True(here.IsFresh);
            way.Heal();
            // The clock goes on until the next question: when that comes depends on when the last one was found to have failed.
            await Eventually.HoldsAsync(clock, () => IsFreshFor(1.7));
        }
    }

    [Fact]
    public async Task Answer_proves_freshness_as_of_the_moment_of_asking()
    {
        gate.Heads.Close();
        await Eventually.HoldsAsync(clock, () => gate.Heads.Held == 1);
        clock.Suspend(TimeSpan.FromSeconds(1.5));
        gate.HeadFails = true;
        gate.Heads.Open();
        await Eventually.HoldsAsync(() => IsFreshFor(0.4));
        Assert.False(IsFreshFor(0.6));
    }

    [Fact]
    public async Task Watch_alone_proves_nothing()
    {
        gate.HeadFails = true;
        clock.Advance(PastBound);
        _ = await there.WriteAsync(Tx.Put("a"));
        Assert.True(await here.WaitForAsync(1, TimeSpan.FromHours(1), default));
        Assert.False(here.IsFresh);
    }

    [Fact]
    public async Task Head_alone_proves_nothing()
    {
        gate.Watched.Close();
        _ = await there.WriteAsync(Tx.Put("a"));
        for (var i = 0; i < 100; i++)
        {
            clock.Advance(PastBound / 100);
            await Task.Yield();
        }
        Assert.False(here.IsFresh);
        gate.Watched.Open();
        await Eventually.HoldsAsync(clock, () => here.IsFresh);
    }

    [Fact]
    public void Machine_that_was_suspended_does_not_answer_from_before()
    {
        Assert.True(here.IsFresh);
        clock.Suspend(PastBound);
        Assert.False(here.IsFresh);
    }

    [Fact]
    public async Task Lost_history_drops_everything_and_begins_anew()
    {
        _ = await here.WriteAsync(Tx.Put("a", "1").ThenPut("b", "1"));
        Assert.True(await here.WaitForAsync(1, TimeSpan.FromHours(1), default));
        gate.Watched.Close();
        for (var i = 0; i < 20; i++)
            _ = await there.WriteAsync(Tx.Put("a", $"{i}"));
        gate.Watched.Open();
        await Eventually.HoldsAsync(clock, () => Cached("b") is null && here.IsFresh);
        Assert.Null(Cached("a"));
        Assert.Equal("19", await here.ReadAsync("a"));
        Assert.Equal("19", Cached("a"));
        Assert.True(await here.WaitForAsync(21, TimeSpan.FromHours(1), default));
    }

    [Fact]
    public async Task Fill_from_before_a_loss_of_history_is_dropped()
    {
        _ = await there.WriteAsync(Tx.Put("a", "old"));
        gate.Reads.Close();
        var reading = here.ReadAsync("a");
        gate.Watched.Close();
        for (var i = 0; i < 20; i++)
            _ = await there.WriteAsync(Tx.Put("a", "new"));
        gate.Watched.Open();
        Assert.True(await here.WaitForAsync(21, TimeSpan.FromHours(1), default));
        await Eventually.HoldsAsync(clock, () => here.IsFresh);
        gate.Reads.Open();
        Assert.Equal("old", await reading);
        Assert.Null(Cached("a"));
        Assert.Equal("new", await here.ReadAsync("a"));
        Assert.Equal("new", Cached("a"));
    }

    [Fact]
    public async Task Index_that_is_not_reached_within_its_bound_is_refused()
    {
        var missed = Wait(1, default);
        Assert.False(missed.IsCompleted);
        clock.Advance(PastBound);
        Assert.False(await missed);

        var waiting = Wait(1, default);
        _ = await there.WriteAsync(Tx.Put("a"));
        Assert.True(await waiting);
        using var cancelled = new CancellationTokenSource();
        var ended = Wait(99, cancelled.Token);
        await cancelled.CancelAsync();
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ended);

        Task<bool> Wait(long revision, CancellationToken cancellationToken) => here.WaitForAsync(revision, CachedStore.Bound, cancellationToken).AsTask();
    }

    [Fact]
    public async Task Watch_through_the_cache_delivers_when_the_cache_has_seen_it()
    {
        _ = await here.WriteAsync(Tx.Put("a", "1"));
        Assert.True(await here.WaitForAsync(1, TimeSpan.FromHours(1), default));
        var ofTheCache = gate.Watched;
        ofTheCache.Close();
        gate.Watched = new Gate();
        await using var watch = here.WatchAsync(1, default).GetAsyncEnumerator();
        var next = watch.MoveNextAsync().AsTask();
        _ = await there.WriteAsync(Tx.Put("a", "2"));
        await Eventually.HoldsAsync(() => gate.Watched.Passed == 1);
        Assert.Equal("1", Cached("a"));
        await Task.Delay(20);
        Assert.False(next.IsCompleted);

        ofTheCache.Open();
        Assert.True(await next);
        Assert.Equal(2, watch.Current.Revision);
        Assert.Null(Cached("a"));
    }

    [Fact]
    public async Task Bytes_are_bounded_and_what_is_used_stays()
    {
        await using var store = new MemoryStore();
        await using var small = new CachedStore(store, maxBytes: 100_000);
        await Eventually.HoldsAsync(() => small.IsFresh);
        for (var i = 0; i < 1000; i++)
        {
            _ = await small.WriteAsync(Tx.Put(Tx.Numbered("k", i), new string('x', 750)));
            Assert.True(small.TryGetFresh(Tx.Key(Tx.Numbered("k", 0)), out _) || i == 0);
        }
        var kept = Enumerable.Range(0, 1000).Count(i => small.TryGetFresh(Tx.Key(Tx.Numbered("k", i)), out _));
        Assert.InRange(kept, 50, 100);
        Assert.True(small.TryGetFresh(Tx.Key(Tx.Numbered("k", 999)), out _));
    }

    [Fact]
    public async Task Entry_that_would_displace_many_is_not_kept()
    {
        await using var store = new MemoryStore();
        await using var small = new CachedStore(store, maxBytes: 100_000);
        await Eventually.HoldsAsync(() => small.IsFresh);
        _ = await small.WriteAsync(Tx.Put("small", "1").ThenPut("large", new string('x', 50_000)));
        Assert.True(small.TryGetFresh(Tx.Key("small"), out _));
        Assert.False(small.TryGetFresh(Tx.Key("large"), out _));
        Assert.Equal(50_000, (await small.ReadAsync("large"))!.Length);
    }

    [Fact]
    public async Task Hit_allocates_nothing()
    {
        _ = await here.WriteAsync(Tx.Put("a", "1"));
        var key = Tx.Key("a");
        var hits = Hits(key);
        var before = GC.GetAllocatedBytesForCurrentThread();
        hits += Hits(key);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2000, hits);

        int Hits(StoreKey wanted)
        {
            var found = 0;
            for (var i = 0; i < 1000; i++)
                found += here.TryGetFresh(wanted, out _) ? 1 : 0;
            return found;
        }
    }

    [Fact]
    public async Task Disposed_cache_answers_nothing_and_leaves_the_store_open()
    {
        _ = await here.WriteAsync(Tx.Put("a", "1"));
        await here.DisposeAsync();
        Assert.Null(Cached("a"));
        Assert.Equal("1", await there.ReadAsync("a"));
    }

    private bool IsFreshFor(double seconds)
    {
        clock.Suspend(TimeSpan.FromSeconds(seconds));
        var fresh = here.IsFresh;
        clock.Suspend(-TimeSpan.FromSeconds(seconds));
        return fresh;
    }

    private string? Cached(string key) =>
        here.TryGetFresh(Tx.Key(key), out var entry) ? System.Text.Encoding.UTF8.GetString(entry.Value.Span) : null;
}
