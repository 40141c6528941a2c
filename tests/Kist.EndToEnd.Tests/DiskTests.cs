using System.Globalization;
using System.Net;
using Kist.EndToEnd.Tests.Leaks;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>A disk that refuses writes: a clear error, nothing lost, and all is well again once it takes them.</summary>
public sealed class DiskTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [FactNeeding(Need.SmallFileSystem)]
    public async Task Full_disk_refuses_writes_clearly_and_loses_nothing()
    {
        using var disk = SmallDisk.Mount("12m");
        var ballast = Path.Combine(disk.Path, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[4 << 20]);
        var (watched, keys) = await WatchedServer.StartReadyAsync(new ServerOptions { DataDirectory = disk.Path });
        await using var _ = watched;
        var stored = await FillAsync(watched);
        await AssertReadableAsync(watched.Api, stored);

        File.Delete(ballast);
        await WorksAgainAsync(watched.Api, stored);
        await watched.Server.Process.KillAsync();
        Assert.Empty(SqliteFile.Check(watched.Server.Database));
        await watched.Server.StartAsync();
        await watched.Server.UnsealAsync(keys);
        await AssertReadableAsync(watched.Api, stored);
    }

    [FactNeeding(Need.ImmutableFiles)]
    public async Task File_that_turns_read_only_refuses_writes_clearly_and_loses_nothing()
    {
        var (watched, _) = await WatchedServer.StartReadyAsync(new ServerOptions { StaticSeal = true });
        await using var disposal = watched;
        var stored = new Dictionary<string, string>(StringComparer.Ordinal);
        (await watched.Api.WriteAsync("sys/mounts/kv", new { type = "kv" })).Good();
        await StoreAsync(watched, stored);
        string[] files = [watched.Server.Database, watched.Server.Database + "-wal"];
        try
        {
            Assert.True(Machine.Succeeds("chattr", ["+i", .. files]));
            AssertClearRefusal(await watched.Api.WriteAsync("kv/refused", new { value = watched.Secrets.New("refused") }));
            await AssertReadableAsync(watched.Api, stored);
        }
        finally
        {
            Machine.Succeeds("chattr", ["-i", .. files]);
        }
        await WorksAgainAsync(watched.Api, stored);
        await watched.Server.RestartAsync();
        await watched.Server.AnswersAsync("sys/health");
        await AssertReadableAsync(watched.Api, stored);
    }

    [FactNeeding(Need.ImmutableFiles)]
    public async Task Start_on_a_read_only_file_says_so_and_changes_nothing()
    {
        var (watched, _) = await WatchedServer.StartReadyAsync(new ServerOptions { StaticSeal = true });
        await using var disposal = watched;
        (await watched.Api.WriteAsync("sys/mounts/kv", new { type = "kv" })).Good();
        var stored = new Dictionary<string, string>(StringComparer.Ordinal);
        await StoreAsync(watched, stored);
        await watched.Server.Process.StopAsync();
        try
        {
            Assert.True(Machine.Succeeds("chattr", "+i", watched.Server.Database));
            watched.Server.Launch();
            Assert.True(await watched.Server.Process.EndsWithinAsync(Patience, default), $"the server goes on:\n{watched.Server.Process.Output}");
            Assert.NotEqual(0, watched.Server.Process.ExitCode);
            Assert.Contains(watched.Server.Database, watched.Server.Process.Output);
            Assert.DoesNotContain("   at ", watched.Server.Process.Output);
        }
        finally
        {
            Machine.Succeeds("chattr", "-i", watched.Server.Database);
        }
        await watched.Server.StartAsync();
        await watched.Server.AnswersAsync("sys/health");
        await AssertReadableAsync(watched.Api, stored);
    }

    // Writes until the disk is full; what was acknowledged is returned.
    private static async Task<Dictionary<string, string>> FillAsync(WatchedServer watched)
    {
        (await watched.Api.WriteAsync("sys/mounts/kv", new { type = "kv" })).Good();
        var stored = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < 1000; i++)
        {
            var value = watched.Secrets.New("disk") + new string('x', 50_000);
            var answer = await watched.Api.WriteAsync(Name(i), new { value });
            if (!answer.Succeeded)
            {
                AssertClearRefusal(answer);
                Assert.True(stored.Count > 10, "the disk was full at once");
                return stored;
            }
            stored.Add(Name(i), value);
        }
        throw new InvalidOperationException("the disk did not fill up");
    }

    private static void AssertClearRefusal(ApiAnswer answer)
    {
        Assert.Contains(answer.Status, new[] { HttpStatusCode.InternalServerError, HttpStatusCode.ServiceUnavailable });
        var error = Assert.Single(answer.Json.GetProperty("errors").EnumerateArray()).GetString()!;
        Assert.True(error.Contains("stor", StringComparison.OrdinalIgnoreCase) || error.Contains("disk", StringComparison.OrdinalIgnoreCase), $"not clear: {error}");
    }

    private static async Task AssertReadableAsync(ApiClient api, Dictionary<string, string> stored)
    {
        foreach (var (path, value) in stored)
            Assert.Equal(value, (await api.ReadAsync(path)).Good().Data.GetProperty("value").GetString());
    }

    private static async Task WorksAgainAsync(ApiClient api, Dictionary<string, string> stored)
    {
        var began = TimeProvider.System.GetTimestamp();
        ApiAnswer answer;
        do
            answer = await api.WriteAsync("kv/again", new { value = "again" });
        while (!answer.Succeeded && TimeProvider.System.GetElapsedTime(began) < Patience);
        answer.Good();
        stored["kv/again"] = "again";
        await AssertReadableAsync(api, stored);
    }

    private static async Task StoreAsync(WatchedServer watched, Dictionary<string, string> stored)
    {
        for (var i = 0; i < 5; i++)
        {
            var value = stored[Name(i)] = watched.Secrets.New("disk");
            (await watched.Api.WriteAsync(Name(i), new { value })).Good();
        }
    }

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"kv/s{i}");
}
