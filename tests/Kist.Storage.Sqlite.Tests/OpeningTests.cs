using System.Diagnostics;
using Kist.Core.Storage;
using Kist.Core.Tests.Storage;

namespace Kist.Storage.Sqlite.Tests;

/// <summary>What is refused when a store is opened, and what the refusal says.</summary>
public sealed class OpeningTests : IDisposable
{
    private readonly DataDirectory data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Second_store_on_the_file_is_refused_until_the_first_is_closed()
    {
        await using (var first = SqliteStore.Open(data.Database))
        {
            AssertRefused("in use by another process");
            _ = File.CreateSymbolicLink(data.PathOf("link.db"), data.Database);
            var refused = Assert.Throws<StoreUnavailableException>(() => SqliteStore.Open(data.PathOf("link.db")));
            Assert.Contains("in use by another process", refused.Message);
            _ = await first.WriteAsync(Tx.Put("a"));
        }
        await using var next = SqliteStore.Open(data.Database);
        Assert.Equal("", await next.ReadAsync("a"));
    }

    [Fact]
    public async Task Claim_holds_against_another_process()
    {
        await using (SqliteStore.Open(data.Database))
            Assert.Equal(1, DataDirectory.Run("flock", "--nonblock", data.Database + "-lock", "true"));
        Assert.Equal(0, DataDirectory.Run("flock", "--nonblock", data.Database + "-lock", "true"));
    }

    [Fact]
    public async Task Claim_of_another_process_is_respected_and_ends_when_that_is_killed()
    {
        await SqliteStore.Open(data.Database).DisposeAsync();
        using var other = Process.Start(new ProcessStartInfo("flock", ["--no-fork", data.Database + "-lock", "sh", "-c", "echo claimed; exec sleep 600"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("claimed", await other.StandardOutput.ReadLineAsync());
        AssertRefused("in use by another process");
        other.Kill();
        await other.WaitForExitAsync();
        await using var store = SqliteStore.Open(data.Database);
        Assert.Equal(0, await store.HeadAsync(default));
    }

    [Fact]
    public void Missing_directory_is_named()
    {
        var refused = Assert.Throws<StoreUnavailableException>(() => SqliteStore.Open(data.PathOf("missing/kist.db")));
        Assert.Equal($"the directory {data.PathOf("missing")} of the database does not exist: create it", refused.Message);
    }

    [Fact]
    public void File_that_is_no_database_is_refused_and_left_alone()
    {
        var text = string.Concat(Enumerable.Repeat("no database at all\n", 500));
        File.WriteAllText(data.Database, text);
        AssertRefused("is not a SQLite database");
        Assert.Equal(text, File.ReadAllText(data.Database));
    }

    [Fact]
    public void Database_of_another_program_is_refused_and_left_alone()
    {
        File.WriteAllBytes(data.Database, []);
        SqliteLibrary.Load();
        using (var other = new Connection(data.Database, readOnly: false))
            other.Execute("CREATE TABLE theirs (a)");
        var before = File.ReadAllBytes(data.Database);
        AssertRefused("is a database of another program");
        Assert.Equal(before, File.ReadAllBytes(data.Database));
    }

    [Fact]
    public async Task Later_layout_is_refused()
    {
        await SqliteStore.Open(data.Database).DisposeAsync();
        using (var later = new Connection(data.Database, readOnly: false))
            later.Execute("UPDATE store SET schema = 2");
        AssertRefused("has layout 2 and this program knows 1");
    }

    [Fact]
    public async Task Damaged_page_is_found_at_the_start()
    {
        await using (var store = SqliteStore.Open(data.Database))
        {
            for (var i = 0; i < 40; i++)
                _ = await store.WriteAsync(Tx.Put(Tx.Numbered("k", i), new string('x', 700)));
        }
        using (var file = File.OpenWrite(data.Database))
        {
            file.Position = 4 * 4096;
            file.Write(new byte[4096]);
        }
        AssertRefused("is damaged");
    }

    [Fact]
    public async Task Truncated_file_is_found_at_the_start()
    {
        await using (var store = SqliteStore.Open(data.Database))
        {
            for (var i = 0; i < 40; i++)
                _ = await store.WriteAsync(Tx.Put(Tx.Numbered("k", i), new string('x', 700)));
        }
        using (var file = File.OpenWrite(data.Database))
            file.SetLength(file.Length - 8192);
        AssertRefused("is damaged");
    }

    [FactNeeding(Need.ProtectedFiles)]
    public async Task Read_only_file_is_refused()
    {
        await SqliteStore.Open(data.Database).DisposeAsync();
        Assert.True(DataDirectory.TryProtect(data.Database));
        AssertRefused("cannot be opened for writing");
    }

    [Fact]
    public async Task Empty_file_of_a_crash_at_the_first_start_is_completed()
    {
        File.WriteAllBytes(data.Database, []);
        await using var store = SqliteStore.Open(data.Database);
        Assert.Equal(1, await store.WriteAsync(Tx.Put("a")));
    }

    [Fact]
    public void What_is_committed_is_flushed_and_goes_to_the_log_first()
    {
        SqliteLibrary.Load();
        File.WriteAllBytes(data.Database, []);
        using var connection = new WriteConnection(data.Database);
        Assert.Equal(("2", "wal"), (connection.Setting("synchronous"), connection.Setting("journal_mode")));
    }

    [Fact]
    public void Missing_library_names_the_package() => Assert.Contains("libsqlite3-0 (Debian, Ubuntu)", SqliteLibrary.Missing("libsqlite3.so.0"));

    private void AssertRefused(string reason)
    {
        var refused = Assert.Throws<StoreUnavailableException>(() => SqliteStore.Open(data.Database));
        Assert.Contains(data.Database, refused.Message);
        Assert.Contains(reason, refused.Message);
    }
}
