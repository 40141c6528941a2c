using Kist.Core.Storage;
using Kist.Core.Tests.Storage;

namespace Kist.Storage.Sqlite.Tests;

public sealed class SqliteStoreTests : StoreConformance
{
    private readonly DataDirectory data = new();

    protected override Task<IStore> OpenAsync() => Task.FromResult<IStore>(SqliteStore.Open(data.Database));

    protected override async Task CloseAsync()
    {
        await Store.DisposeAsync();
        data.Dispose();
    }

    [Fact]
    public async Task Reopened_store_has_everything_and_counts_on()
    {
        _ = await Store.WriteAsync(Tx.Put("a", "1").ThenPut("b", "2"));
        _ = await Store.WriteAsync(Tx.Delete("b"));
        await Store.DisposeAsync();
        await using var again = SqliteStore.Open(data.Database);
        Assert.Equal(2, await again.HeadAsync(default));
        Assert.Equal("1", await again.ReadAsync("a"));
        Assert.Equal(1, (await again.EntryAsync("a"))!.Revision);
        Assert.Null(await again.ReadAsync("b"));
        Assert.Equal(3, await again.WriteAsync(Tx.Put("c")));
    }

    [Fact]
    public async Task Watch_across_a_restart_goes_on_from_the_head_and_is_lost_before_it()
    {
        _ = await Store.WriteAsync(Tx.Put("a"));
        _ = await Store.WriteAsync(Tx.Put("a"));
        await Store.DisposeAsync();
        await using var again = SqliteStore.Open(data.Database);
        Assert.Same(WatchEvent.Lost, Assert.Single(await again.WatchedAsync(1, 1)));
        var watching = again.WatchedAsync(2, 1);
        _ = await again.WriteAsync(Tx.Put("b"));
        Assert.Equal(3, Assert.Single(await watching).Revision);
    }

    [Fact]
    public async Task Fence_of_a_leader_from_before_a_restart_fails_once_another_leads()
    {
        var former = (await Store.CampaignAsync("duties", default)).Fence;
        await Store.DisposeAsync();
        await using var again = SqliteStore.Open(data.Database);
        await using var leader = await again.CampaignAsync("duties", default);
        Assert.Equal(CommitKind.Conflict, (await again.CommitAsync(Tx.Put("a").If(former))).Kind);
    }

    [Fact]
    public async Task Commit_that_was_acknowledged_is_in_a_copy_of_the_files()
    {
        for (var i = 1; i <= 50; i++)
        {
            _ = await Store.WriteAsync(Tx.Put(Tx.Numbered("k", i)).ThenPut("last", $"{i}"));
            if (i % 10 != 0)
                continue;
            // What a crash at this moment would leave.
            var copy = data.PathOf($"copy{i}.db");
            File.Copy(data.Database, copy);
            File.Copy(data.Database + "-wal", copy + "-wal");
            await using var crashed = SqliteStore.Open(copy);
            Assert.Equal($"{i}", await crashed.ReadAsync("last"));
            Assert.Equal(i, await crashed.HeadAsync(default));
            Assert.Equal(i, (await crashed.RangeAsync(Tx.Key("k0"), Tx.Key("k1"), 100, keysOnly: true, default)).Entries.Count);
        }
    }

    [Fact]
    public async Task Clean_close_copies_the_log_into_the_database()
    {
        _ = await Store.WriteAsync(Tx.Put("a"));
        Assert.Equal(["kist.db", "kist.db-lock", "kist.db-shm", "kist.db-wal"], data.Files);
        await Store.DisposeAsync();
        Assert.Equal(["kist.db", "kist.db-lock"], data.Files);
    }

    [Fact]
    public async Task Files_are_for_their_owner_only_also_when_they_were_not()
    {
        _ = await Store.WriteAsync(Tx.Put("a"));
        Check();
        await Store.DisposeAsync();
        foreach (var file in data.Files)
            File.SetUnixFileMode(data.PathOf(file), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        await using var again = SqliteStore.Open(data.Database);
        _ = await again.WriteAsync(Tx.Put("b"));
        Check();

        void Check() => Assert.All(data.Files.Where(f => !f.EndsWith("-lock", StringComparison.Ordinal)), file =>
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(data.PathOf(file))));
    }

    [Fact]
    public async Task Log_does_not_grow_with_what_is_written()
    {
        var value = new string('x', 4000);
        for (var i = 0; i < 20; i++)
            await Task.WhenAll(Enumerable.Range(0, 100).Select(j => Store.WriteAsync(Tx.Put(Tx.Numbered("k", j), value))));
        Assert.InRange(new FileInfo(data.Database + "-wal").Length, 1, 6_000_000);
    }

    [Fact]
    public async Task Commits_that_wait_go_to_the_disk_as_one()
    {
        _ = await Store.WriteAsync(Tx.Put("first"));
        var before = WriteAheadLog.Commits(data.Database + "-wal");
        List<Task<Task<CommitOutcome>>> commits;
        using (var other = new Connection(data.Database, readOnly: false))
        {
            // Whoever comes first waits for the lock, on his own thread; all others are queued behind him.
            other.Execute("BEGIN IMMEDIATE");
            commits = [.. Enumerable.Range(0, 60).Select(i => Task.Factory.StartNew(() => Store.CommitAsync(Tx.Put(Tx.Numbered("k", i))).AsTask()))];
            while (commits.Count(c => c.IsCompleted) < commits.Count - 1)
                await Task.Delay(1);
            other.Execute("ROLLBACK");
        }
        var outcomes = await Task.WhenAll(commits.Select(c => c.Unwrap()));
        Assert.Equal(Enumerable.Range(2, 60).Select(i => (long)i), outcomes.Select(o => o.Revision).Order());
        Assert.InRange(WriteAheadLog.Commits(data.Database + "-wal") - before, 1, 2);
    }

    [Fact]
    public async Task Closed_store_says_so()
    {
        await Store.DisposeAsync();
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Store.CommitAsync(Tx.Put("a")));
        Assert.Equal("the store is closed", refused.Message);
        _ = await Assert.ThrowsAsync<StoreUnavailableException>(() => Store.ReadAsync("a"));
        _ = await Assert.ThrowsAsync<StoreUnavailableException>(() => Store.WatchedAsync(0, 1));
        _ = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Store.HeadAsync(default));
    }

    [Fact]
    public async Task Closing_answers_every_commit_that_was_taken()
    {
        var commits = Enumerable.Range(0, 500).Select(i => Task.Run(() => Store.WriteAsync(Tx.Put(Tx.Numbered("k", i))))).ToList();
        await commits[0];
        await Store.DisposeAsync();
        var ended = await Task.WhenAll(commits.Select(async c =>
        {
            try
            {
                return await c;
            }
            catch (StoreUnavailableException)
            {
                return 0;
            }
        }));
        await using var again = SqliteStore.Open(data.Database);
        Assert.Equal(ended.Max(), await again.HeadAsync(default));
        for (var i = 0; i < ended.Length; i++)
            Assert.Equal(ended[i], (await again.EntryAsync(Tx.Numbered("k", i)))?.Revision ?? 0);
    }

    [Fact]
    public async Task Write_of_another_program_is_noticed_and_nothing_is_built_on_it()
    {
        _ = await Store.WriteAsync(Tx.Put("a", "1"));
        using (var other = new Connection(data.Database, readOnly: false))
            other.Execute("UPDATE store SET revision = 77");
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Store.CommitAsync(Tx.Put("a", "2")));
        Assert.Contains("changed by another program", refused.Message);
        Assert.Equal("1", await Store.ReadAsync("a"));
    }

    [FactNeeding(Need.SmallDisk)]
    public async Task Full_disk_refuses_commits_loses_nothing_and_is_overcome()
    {
        using var disk = new DataDirectory();
        Assert.True(disk.TryMount(megabytes: 3));
        await using var store = SqliteStore.Open(disk.Database);
        _ = await store.WriteAsync(Tx.Put("before", "kept"));
        var filler = disk.PathOf("filler");
        await FillAsync(filler);

        var written = 1L;
        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
        {
            while (true)
                written = await store.WriteAsync(Tx.Put(Tx.Numbered("k", (int)written), new string('x', 50_000)).ThenPut("last", $"{written}"));
        });
        Assert.Contains("the disk is full", refusal.Message);
        Assert.Equal("kept", await store.ReadAsync("before"));
        Assert.Equal(written, await store.HeadAsync(default));
        Assert.Equal(written - 1, (await store.RangeAsync(Tx.Key("k0"), Tx.Key("k1"), 100, keysOnly: true, default)).Entries.Count);

        File.Delete(filler);
        Assert.Equal(written + 1, await store.WriteAsync(Tx.Put("after", "kept too")));
        await store.DisposeAsync();
        await using var again = SqliteStore.Open(disk.Database);
        Assert.Equal(written + 1, await again.HeadAsync(default));
        Assert.Equal("kept", await again.ReadAsync("before"));
        Assert.Equal("kept too", await again.ReadAsync("after"));
    }

    private static async Task FillAsync(string path)
    {
        await using var file = File.Create(path);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                await file.WriteAsync(block);
                await file.FlushAsync();
            }
        }
        catch (IOException)
        {
            // The disk is full.
        }
    }
}
