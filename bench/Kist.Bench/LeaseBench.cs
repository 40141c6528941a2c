using System.Diagnostics;
using System.Globalization;
using Kist.Harness;
using Kist.Harness.Servers;

namespace Kist.Bench;

/// <summary>
/// A server with many leases of users of a real PostgreSQL: how soon it answers, how much memory it takes, and what its readers notice while 50,000 leases that
/// are due at one instant are revoked.
/// </summary>
internal sealed class LeaseBench : IAsyncDisposable
{
    private const int Due = 50_000;
    private const int ReadClients = 8;
    private const string DuePath = "database/creds/due";

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    private readonly BenchServer bench;
    private readonly PostgresServer postgres;
    private readonly List<Figure> figures = [];

    private LeaseBench(BenchServer bench, PostgresServer postgres) => (this.bench, this.postgres) = (bench, postgres);

    private KistServer Server => bench.Server;

    public static async Task<Results> RunAsync(int count)
    {
        await using var all = new LeaseBench(await BenchServer.StartAsync(audited: true), await PostgresServer.StartAsync(new PostgresServerOptions()));
        var (lease, user) = await all.IssueAsync();
        await all.Server.Process.StopAsync();
        Turns.Tell($"{count:#,0} leases");
        await using (var seed = await LeaseSeed.OpenAsync(all.Server))
            await seed.WriteAsync(lease, user, "database/creds/app", count, i => TimeProvider.System.GetUtcNow().AddDays(20).AddSeconds(i));
        await all.StartsAsync(count);
        await all.DueAsync(lease, user);
        return new Results(Measurements.FileSystem(all.Server.DataDirectory), all.figures);
    }

    public async ValueTask DisposeAsync()
    {
        await bench.DisposeAsync();
        await postgres.DisposeAsync();
    }

    private async Task<(string Lease, string User)> IssueAsync()
    {
        await WriteAsync("sys/mounts/database", new { type = "database" });
        await WriteAsync("database/config/db", new
        {
            plugin_name = "postgresql-database-plugin",
            connection_url = $"postgresql://{{{{username}}}}:{{{{password}}}}@127.0.0.1:{postgres.Port}/postgres?sslmode=disable",
            username = PostgresServer.Superuser,
            password = PostgresServer.Password,
            allowed_roles = "*",
        });
        await WriteAsync("database/roles/app", new
        {
            db_name = "db",
            creation_statements = """CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}';""",
            default_ttl = "700h",
        });
        var answer = (await Server.Api.ReadAsync("database/creds/app")).Good();
        return (answer.Json.GetProperty("lease_id").GetString()!, answer.Data.GetProperty("username").GetString()!);
    }

    private async Task StartsAsync(int count)
    {
        Turns.Tell("starts");
        var starts = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            if (i > 0)
                await Server.Process.StopAsync();
            var began = Stopwatch.GetTimestamp();
            Server.Launch();
            await Server.AnswersAsync("sys/health");
            starts.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        figures.Add(Figure.Below($"start to first answer, {count:#,0} leases", starts.Order().ElementAt(starts.Count / 2), 2, "s"));
        _ = await bench.AsApplication().RunAsync("read.lua", Server.Address, ReadClients, TimeSpan.FromSeconds(4));
        // A look through all of them must not keep them either.
        (await Server.Api.ReadAsync("sys/leases/count")).Good();
        figures.Add(Figure.Below($"memory, {count:#,0} leases, read and counted", Server.Process.ResidentBytes / 1e6, 400, "MB"));
    }

    private async Task DueAsync(string lease, string user)
    {
        await Server.Process.StopAsync();
        Turns.Tell($"{Due:#,0} leases due at one instant");
        // Far enough off for the server to start and to be measured idle before.
        var instant = TimeProvider.System.GetUtcNow().AddSeconds(90);
        await using (var seed = await LeaseSeed.OpenAsync(Server))
            await seed.WriteAsync(lease, user, DuePath, Due, _ => instant);
        Server.Launch();
        await Server.AnswersAsync("sys/health");
        _ = await ReadAsync();
        var idle = await ReadAsync();
        if (TimeProvider.System.GetUtcNow() >= instant)
            throw new InvalidOperationException("the leases were due before the idle server was measured: the machine is too slow for this bench as it is");
        await Task.Delay(instant - TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(4));
        var began = Stopwatch.GetTimestamp();
        var busy = await ReadAsync();
        var left = await LeftAsync();
        if (left == 0)
            throw new InvalidOperationException("the leases were revoked before the reads ended: they were not measured together");
        while (await LeftAsync() > 0)
            await Task.Delay(1000);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        figures.Add(Figure.Of($"KV v2 read, {ReadClients} clients, idle", idle));
        var ratio = busy.Percentile99 / idle.Percentile99;
        figures.Add(new Figure(
            $"KV v2 read, {ReadClients} clients, while leases are revoked",
            Figure.Rate(busy.PerSecond),
            string.Create(CultureInfo.InvariantCulture, $"{busy.Median.TotalMilliseconds:0.00} / {busy.Percentile99.TotalMilliseconds:0.00} ms"),
            string.Create(CultureInfo.InvariantCulture, $"{ratio:0.00} × idle's 99 %"),
            "≤ 3",
            ratio <= 3));
        figures.Add(new Figure(
            $"{Due:#,0} leases revoked", Figure.Rate(Due / seconds), "", "", string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s in all"), null));
    }

    private Task<Load> ReadAsync() => bench.AsApplication().RunAsync("read.lua", Server.Address, ReadClients, Window);

    private async Task<int> LeftAsync()
    {
        var list = await Server.Api.ListAsync("sys/leases/lookup/" + DuePath);
        return list.Status == System.Net.HttpStatusCode.NotFound ? 0 : list.Good().Data.GetProperty("keys").GetArrayLength();
    }

    private async Task WriteAsync(string path, object body) => (await Server.Api.WriteAsync(path, body)).Good();
}
