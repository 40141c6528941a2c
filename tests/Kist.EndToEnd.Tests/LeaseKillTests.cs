using System.Text.Json;
using Kist.Harness;
using Kist.Harness.Servers;

namespace Kist.EndToEnd.Tests;

/// <summary>
/// The program is killed by SIGKILL again and again while clients are being issued database users, renew and revoke them. Afterwards each user of the database has a
/// lease and each lease its user, and the password of a static role that is rotated meanwhile logs in.
/// </summary>
public sealed class LeaseKillTests
{
    private const int Rounds = 4;
    private const int Clients = 6;

    // What is not confirmed falls due a minute after a request's longest time.
    private const string Settings = "default_max_request_duration = \"2s\"";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task Kills_leave_no_user_without_a_lease_and_no_lease_without_a_user_in_PostgreSQL()
    {
        await using var database = await PostgresServer.StartAsync(new PostgresServerOptions());
        await KillAsync(new KilledPostgres(database));
    }

    private static async Task KillAsync(IKilledDatabase database)
    {
        await using var server = await KistServer.StartAsync(new ServerOptions { StaticSeal = true, LogLevel = "info", Settings = Settings });
        await server.InitializeAsync();
        (await server.Api.WriteAsync("sys/mounts/database", new { type = "database" })).Good();
        (await server.Api.WriteAsync("database/config/db", database.Connection)).Good();
        (await server.Api.WriteAsync("database/roles/app", new { db_name = "db", creation_statements = database.Creation, default_ttl = "1h" })).Good();
        await RenewAsync(server.Api);
        await database.MakeUserAsync("stays");
        (await server.Api.WriteAsync("database/static-roles/stays", new { db_name = "db", username = "stays", rotation_period = "1h" })).Good();
        var issued = 0;
        for (var round = 0; round < Rounds; round++)
        {
            using var stop = new CancellationTokenSource();
            var clients = Enumerable.Range(0, Clients).Select(_ => Task.Run(() => WorkAsync(server.Api, () => Interlocked.Increment(ref issued), stop.Token))).ToList();
            clients.Add(Task.Run(() => RotateAsync(server.Api, stop.Token)));
            await Task.Delay(600 + (round * 170));
            await server.Process.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(clients);
            server.Launch();
            await server.AnswersAsync("sys/health");
        }
        Assert.True(issued > Rounds, $"only {issued} users were issued: the kills prove little");
        await AgreeAsync(server.Api, database);
        var credentials = (await server.Api.ReadAsync("database/static-creds/stays")).Good().Data;
        Assert.True(await database.CanLogInAsync("stays", credentials.GetProperty("password").GetString()!));
        (await server.Api.WriteAsync("sys/leases/revoke-prefix/database", new { })).Good();
        // The answer came after two seconds, whatever was left to do.
        await EndAsync(database);
    }

    // As clients see it.
    private static async Task RenewAsync(ApiClient api)
    {
        var issued = (await api.ReadAsync("database/creds/app")).Good().Json;
        Assert.Equal((3600, true), (issued.GetProperty("lease_duration").GetInt32(), issued.GetProperty("renewable").GetBoolean()));
        var lease = issued.GetProperty("lease_id").GetString();
        var renewed = (await api.WriteAsync("sys/leases/renew", new { lease_id = lease, increment = "2h" })).Good().Json;
        Assert.Equal((lease, 7200), (renewed.GetProperty("lease_id").GetString(), renewed.GetProperty("lease_duration").GetInt32()));
    }

    private static async Task WorkAsync(ApiClient api, Action issued, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var answer = await api.ReadAsync("database/creds/app");
                if (!answer.Succeeded)
                    continue;
                issued();
                var lease = answer.Json.GetProperty("lease_id").GetString();
                _ = await api.WriteAsync("sys/leases/renew", new { lease_id = lease, increment = "2h" });
                if (lease![^1] < 'a')
                    _ = await api.WriteAsync("sys/leases/revoke", new { lease_id = lease });
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException or JsonException)
            {
                // The kill.
                return;
            }
        }
    }

    private static async Task RotateAsync(ApiClient api, CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
                _ = await api.WriteAsync("database/rotate-role/stays", new { });
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            // The kill.
        }
    }

    // Leases do not tell their users, so that they are counted; each count alone may be of a moment at which something is under way.
    private static async Task AgreeAsync(ApiClient api, IKilledDatabase database)
    {
        using var patience = new CancellationTokenSource(Patience);
        var (users, leases) = (-1, -2);
        var agreed = 0;
        while (agreed < 3)
        {
            Assert.False(patience.IsCancellationRequested, $"{users} users have {leases} leases");
            (users, leases) = ((await database.UsersAsync()).Count, await ConfirmedAsync(api));
            agreed = users == leases ? agreed + 1 : 0;
            await Task.Delay(500);
        }
    }

    private static async Task EndAsync(IKilledDatabase database)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await database.UsersAsync() is { Count: > 0 } users)
        {
            Assert.False(patience.IsCancellationRequested, $"{users.Count} users are left, {users[0]} among them");
            await Task.Delay(500);
        }
    }

    private static async Task<int> ConfirmedAsync(ApiClient api)
    {
        var listed = await api.ListAsync("sys/leases/lookup/database/creds/app");
        return listed.Status == System.Net.HttpStatusCode.NotFound ? 0 : listed.Good().Data.GetProperty("keys").GetArrayLength();
    }

    /// <summary>A database whose users are made while the program is killed.</summary>
    private interface IKilledDatabase
    {
        object Connection { get; }

        string Creation { get; }

        Task MakeUserAsync(string name);

        Task<IReadOnlyList<string>> UsersAsync();

        Task<bool> CanLogInAsync(string name, string password);
    }

    private sealed class KilledPostgres(PostgresServer server) : IKilledDatabase
    {
        public object Connection => new
        {
            plugin_name = "postgresql-database-plugin",
            connection_url = $"postgresql://{{{{username}}}}:{{{{password}}}}@{PrivateServer.Host}:{server.Port}/postgres",
            username = PostgresServer.Superuser,
            password = PostgresServer.Password,
            allowed_roles = "*",
        };

        public string Creation => """CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'""";

        public Task MakeUserAsync(string name) => AskAsync($"CREATE ROLE {name} LOGIN PASSWORD 'of-before'");

        public Task<IReadOnlyList<string>> UsersAsync() => AskAsync("SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-root-app-%'");

        public async Task<bool> CanLogInAsync(string name, string password) => (await RunAsync(name, password, "SELECT 1")).ExitCode == 0;

        private async Task<IReadOnlyList<string>> AskAsync(string sql)
        {
            var (exitCode, output, errors) = await RunAsync(PostgresServer.Superuser, PostgresServer.Password, sql);
            Assert.True(exitCode == 0, errors);
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }

        private Task<Ended> RunAsync(string user, string password, string sql)
        {
            var start = BuiltProgram.Start(PostgresServer.Client, ["-X", "-A", "-t", "-q", "-w", "-h", PrivateServer.Host, "-p", $"{server.Port}", "-U", user, "-d", "postgres", "-c", sql]);
            start.Environment["PGPASSWORD"] = password;
            return KistProcess.RunAsync(start, TimeSpan.FromSeconds(60), "", CancellationToken.None);
        }
    }
}
