using System.Diagnostics;
using Kist.Harness;

namespace Kist.Bench;

/// <summary>What one run found.</summary>
/// <param name="FileSystem">Where the data was.</param>
/// <param name="Figures">In the order of the table.</param>
internal sealed record Results(string FileSystem, IReadOnlyList<Figure> Figures);

/// <summary>All measurements of one run: warmed up, what is compared in turns, the median of three.</summary>
internal sealed class Measurements : IAsyncDisposable
{
    private const int ReadClients = 32;
    private const int Listed = 10_000;
    private const int Stored = 100_000;

    private readonly BenchServer plain;
    private readonly BenchServer audited;
    private readonly List<Figure> figures = [];

    private Measurements(BenchServer plain, BenchServer audited) => (this.plain, this.audited) = (plain, audited);

    public static async Task<Results> RunAsync()
    {
        await using var all = new Measurements(await BenchServer.StartAsync(audited: false), await BenchServer.StartAsync(audited: true));
        await all.ReadsAsync();
        await all.WritesAsync();
        await all.TokensAndListsAsync();
        await all.SizeAndStartAsync();
        return new Results(FileSystem(all.plain.Server.DataDirectory), all.figures);
    }

    public async ValueTask DisposeAsync()
    {
        await plain.DisposeAsync();
        await audited.DisposeAsync();
    }

    private async Task ReadsAsync()
    {
        var body = Path.Combine(plain.Server.Home, "body.json");
        await File.WriteAllTextAsync(body, (await plain.Server.Api.ReadAsync("secret/data/bench/1")).Good().Text);
        var address = KistServer.FreeAddress();
        await using var bare = await BareServer.StartAsync(address, body);
        var loads = await Turns.MeasureAsync("reads",
            turn => plain.AsApplication().RunAsync("read.lua", address, ReadClients, turn),
            turn => plain.AsApplication().RunAsync("read.lua", plain.Server.Address, ReadClients, turn),
            turn => audited.AsApplication().RunAsync("read.lua", audited.Server.Address, ReadClients, turn));
        figures.Add(Figure.Of($"bare Kestrel, same bytes, {ReadClients} clients", loads[0]));
        figures.Add(Figure.Of("KV v2 read, no audit", loads[1], loads[1].PerSecond / loads[0].PerSecond, "bare"));
        figures.Add(Figure.Promised("KV v2 read, file audit", loads[2], loads[2].PerSecond / loads[0].PerSecond, 0.5, "bare"));
    }

    private async Task WritesAsync()
    {
        var loads = await Turns.MeasureAsync("writes",
            turn => Task.FromResult(new Load(SqliteLoop.CommitsPerSecond(plain.Server.Home, turn), default, default)),
            turn => plain.AsApplication().RunAsync("write.lua", plain.Server.Address, 1, turn),
            turn => plain.AsApplication().RunAsync("write.lua", plain.Server.Address, 32, turn),
            turn => audited.AsApplication().RunAsync("write.lua", audited.Server.Address, 32, turn));
        var (loop, one, many) = (loads[0].PerSecond, loads[1].PerSecond, loads[2].PerSecond);
        figures.Add(new Figure("bare SQLite loop, two rows a commit", Figure.Rate(loop), "", "", "", null));
        figures.Add(Figure.Promised("KV v2 durable write, 1 client", loads[1], one / loop, 0.5, "loop"));
        figures.Add(Figure.Promised("KV v2 durable write, 32 clients", loads[2], many / one, 4, "1 client"));
        figures.Add(Figure.Of("KV v2 durable write, 32 clients, file audit", loads[3], loads[3].PerSecond / one, "1 client"));
    }

    private async Task TokensAndListsAsync()
    {
        await Dataset.WriteAsync(plain.Server.Api, "listed", Listed);
        var loads = await Turns.MeasureAsync("tokens and lists",
            turn => plain.AsRoot().RunAsync("token.lua", plain.Server.Address, ReadClients, turn),
            turn => plain.AsApplication().RunAsync("list.lua", plain.Server.Address, 4, turn));
        figures.Add(Figure.Of($"token create, {ReadClients} clients", loads[0]));
        figures.Add(Figure.Of("list of 10,000, 4 clients", loads[1]));
    }

    // On a server of its own, as it is after a start: what the other measurements left behind does not count.
    private static async Task<(double Megabytes, double Seconds)> SizeAndStartAsync(KistServer server)
    {
        Turns.Tell("100,000 secrets");
        await Dataset.WriteAsync(server.Api, "stored", Stored);
        await Dataset.ReadAsync(server.Api, "stored", Stored);
        var megabytes = server.Process.ResidentBytes / 1e6;
        Turns.Tell("starts");
        var starts = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            await server.Process.StopAsync();
            var began = Stopwatch.GetTimestamp();
            server.Launch();
            await server.AnswersAsync("sys/health");
            starts.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        return (megabytes, starts.Order().ElementAt(starts.Count / 2));
    }

    private async Task SizeAndStartAsync()
    {
        await using var bench = await BenchServer.StartAsync(audited: true);
        var (megabytes, seconds) = await SizeAndStartAsync(bench.Server);
        figures.Add(Figure.Below("memory with 100,000 secrets, written and read", megabytes, 200, "MB"));
        figures.Add(Figure.Below("start to first answer, 100,000 secrets", seconds, 1, "s"));
    }

    // A flush costs nothing on a file system in memory, which would make the writes look better than they are.
    internal static string FileSystem(string directory) =>
        DriveInfo.GetDrives().Where(d => directory.StartsWith(d.Name, StringComparison.Ordinal)).MaxBy(d => d.Name.Length)?.DriveFormat ?? "unknown";
}
