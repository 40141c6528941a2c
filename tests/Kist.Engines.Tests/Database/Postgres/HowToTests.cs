using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;
using Kist.Engines.Database;
using Kist.Harness.Servers;
using Npgsql;

namespace Kist.Engines.Tests.Database.Postgres;

/// <summary>The statements of <c>docs/how-to/short-lived-postgresql-users.md</c>, run by the user that it makes.</summary>
public sealed partial class HowToTests
{
    private static readonly string Page = Read("docs/how-to/short-lived-postgresql-users.md");

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task The_pages_statements_run_as_the_pages_user()
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions());
        await RunAsync(server, "postgres", "CREATE DATABASE shop");
        await RunAsync(server, "shop", "CREATE TABLE goods (a int); CREATE ROLE nightly LOGIN PASSWORD 'before'");
        foreach (Match block in Blocks().Matches(Page))
            await RunAsync(server, "shop", block.Groups[1].Value);
        await using var store = new MemoryStore();
        await using var engine = new DatabaseMountType(TimeProvider.System);
        await using var node = await TestNode.CreateAsync(store, engine);
        await node.WriteAsync("sys/mounts/database", """{"type":"database"}""").Ok();
        var connection = DatabaseHost.Connection(server.Port, "kist", "first-password", "\"password_authentication\":\"scram-sha-256\"");
        await node.WriteAsync("database/config/shop", connection.Replace("/postgres\"", "/shop\"", StringComparison.Ordinal)).Ok();
        await node.WriteAsync("database/rotate-root/shop").Ok();
        var creation = Assert.Single(Statements("creation_statements"));
        var revocations = Statements("revocation_statements");
        Assert.Equal(2, revocations.Count);
        foreach (var revocation in revocations.Prepend(""))
        {
            var role = new { db_name = "shop", creation_statements = creation, revocation_statements = revocation };
            await node.WriteAsync("database/roles/app", JsonSerializer.Serialize(role)).Ok();
            var answer = await node.ReadAsync("database/creds/app").Ok();
            var (user, password) = (answer.Json().GetProperty("username").GetString()!, answer.Json().GetProperty("password").GetString()!);
            await using var session = new NpgsqlConnection(ConnectionString(server, "shop", user, password) + ";Pooling=false");
            await session.OpenAsync();
            if (revocation.Length > 0)
                await RunAsync(server, "shop", $"CREATE TABLE own (); ALTER TABLE own OWNER TO \"{user}\"");
            await node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{answer.Lease!.Id}}","sync":true}""").Ok();
            Assert.Equal("0", await CountAsync(server, $"pg_roles WHERE rolname = '{user}'"));
            if (revocation.Contains("pg_terminate_backend", StringComparison.Ordinal))
                await Eventually.HoldsAsync(async () => await CountAsync(server, $"pg_stat_activity WHERE pid = {session.ProcessID}") == "0");
            await RunAsync(server, "shop", "DROP TABLE IF EXISTS own");
        }
        await node.WriteAsync("database/static-roles/report-nightly", """{"db_name":"shop","username":"nightly","rotation_period":"24h"}""").Ok();
        Assert.False(await PostgresClient.CanLogInAsync(server.Port, "nightly", "before"));
        Assert.Empty(node.Faults);
    }

    // As the shell reads them.
    private static List<string> Statements(string field) =>
    [
        .. Quoted().Matches(Page).Where(match => match.Groups[1].Value == field)
            .Select(match => match.Groups[2].Value.Replace("\\\"", "\"", StringComparison.Ordinal)),
    ];

    [GeneratedRegex("```sql\n(.*?)```", RegexOptions.Singleline, 10_000)]
    private static partial Regex Blocks();

    [GeneratedRegex("([a-z_]+)=\"((?:[^\"\\\\]|\\\\.)*)\"", RegexOptions.None, 10_000)]
    private static partial Regex Quoted();

    private static string ConnectionString(PostgresServer server, string database, string user, string password) =>
        new NpgsqlConnectionStringBuilder(PostgresClient.ConnectionString(server.Port, user, password)) { Database = database }.ConnectionString;

    private static async Task RunAsync(PostgresServer server, string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString(server, database, PostgresServer.Superuser, PostgresServer.Password));
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<string> CountAsync(PostgresServer server, string what)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString(server, "postgres", PostgresServer.Superuser, PostgresServer.Password));
        await using var command = source.CreateCommand($"SELECT count(*)::text FROM {what}");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private static string Read(string path, [CallerFilePath] string here = "") => File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../../..", path));
}
