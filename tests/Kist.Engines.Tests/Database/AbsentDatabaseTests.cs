using Kist.Core;
using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;
using Kist.Engines.Database;
using Kist.Harness.Servers;
using Npgsql;

namespace Kist.Engines.Tests.Database;

/// <summary>A database that is gone, silent or full for a while. Each test has a server of its own.</summary>
public sealed class AbsentDatabaseTests
{
    private const string Creation = """CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}'""";

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_rotation_that_meets_no_database_is_made_up_for()
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions());
        await using var host = await DatabaseHost.StartAsync();
        await host.ConnectAsync(server.Port, PostgresServer.Superuser, PostgresServer.Password).Ok();
        await RunAsync(server, "CREATE ROLE app LOGIN PASSWORD 'before'");
        await host.WriteAsync("static-roles/s", """{"db_name":"db","username":"app","rotation_period":"1h"}""").Ok();
        var before = await host.PasswordAsync("s");
        await server.StopAsync();
        var failed = await host.WriteAsync("rotate-role/s").Is("database.unavailable");
        Assert.Equal(FailureKind.Unavailable, failed.Failure!.Kind);
        var meanwhile = await host.ReadAsync("static-creds/s").Ok();
        Assert.Equal(before, meanwhile.Text("password"));
        Assert.NotEmpty(meanwhile.Warnings);
        await Assert.ThrowsAsync<AggregateException>(host.TendAsync);
        await server.RestartAsync();
        await host.TendAsync();
        var after = await host.PasswordAsync("s");
        Assert.NotEqual(before, after);
        Assert.True(await PostgresClient.CanLogInAsync(server.Port, "app", after));
    }

    // The server takes the statement and its answer never comes: whether the password was set is unknown.
    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_rotation_whose_answer_is_lost_ends_with_a_password_that_works()
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions());
        await using var host = await DatabaseHost.StartAsync();
        await host.ConnectAsync(server.Port, PostgresServer.Superuser, PostgresServer.Password).Ok();
        await RunAsync(server, "CREATE ROLE app LOGIN PASSWORD 'before'");
        // Sets the password for good, and ends the session of the connection before it can say so.
        const string statements = """
            ["ALTER ROLE \"{{name}}\" PASSWORD '{{password}}'; COMMIT; SELECT pg_terminate_backend(pg_backend_pid())"]
            """;
        await host.WriteAsync("static-roles/s", $$"""{"db_name":"db","username":"app","rotation_period":"1h","rotation_statements":{{statements}}}""").Ok();
        var first = await host.PasswordAsync("s");
        Assert.True(await PostgresClient.CanLogInAsync(server.Port, "app", first));
        await host.WriteAsync("rotate-role/s").Ok();
        Assert.NotEqual(first, await host.PasswordAsync("s"));
        Assert.True(await PostgresClient.CanLogInAsync(server.Port, "app", await host.PasswordAsync("s")));
        // The same for the connection's own user.
        await host.WriteAsync("config/db", $$"""{"root_rotation_statements":{{statements}}}""").Ok();
        await host.WriteAsync("rotate-root/db").Is("database.unavailable");
        Assert.NotNull((await host.StoredConnectionAsync()).Staged);
        await host.WriteAsync("reset/db").Ok();
        await host.WriteAsync("rotate-role/s").Ok();
        var connection = await host.StoredConnectionAsync();
        Assert.Null(connection.Staged);
        Assert.NotEqual(PostgresServer.Password, connection.Password!.Reveal());
        Assert.True(await PostgresClient.CanLogInAsync(server.Port, PostgresServer.Superuser, connection.Password.Reveal()));
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_silent_database_is_unavailable_when_its_time_is_over()
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions());
        await using var host = await DatabaseHost.StartAsync();
        await host.ConnectAsync(server.Port, PostgresServer.Superuser, PostgresServer.Password).Ok();
        await server.PauseAsync();
        var address = $$$"""postgresql://{{username}}:{{password}}@127.0.0.1:{{{server.Port}}}/postgres?connect_timeout=1""";
        var body = $$"""{"connection_url":"{{address}}","password":"{{PostgresServer.Password}}"}""";
        var failed = await host.WriteAsync("config/db", body).Is("database.unavailable");
        Assert.Equal(FailureKind.Unavailable, failed.Failure!.Kind);
        await server.ResumeAsync();
        await host.WriteAsync("config/db", body).Ok();
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_full_database_is_unavailable_and_names_the_limit()
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions { Settings = ["max_connections=5", "superuser_reserved_connections=0"] });
        await using var host = await DatabaseHost.StartAsync();
        var held = new List<NpgsqlConnection>();
        try
        {
            for (var i = 0; i < 5; i++)
            {
                var connection = new NpgsqlConnection(PostgresClient.ConnectionString(server.Port, PostgresServer.Superuser, PostgresServer.Password) + ";Pooling=false");
                held.Add(connection);
                await connection.OpenAsync();
            }
            var failed = await host.ConnectAsync(server.Port, PostgresServer.Superuser, PostgresServer.Password).Is("database.busy");
            Assert.Equal(FailureKind.Unavailable, failed.Failure!.Kind);
        }
        finally
        {
            foreach (var connection in held)
                await connection.DisposeAsync();
        }
        await Eventually.HoldsAsync(async () => (await host.ConnectAsync(server.Port, PostgresServer.Superuser, PostgresServer.Password)).Result == "ok");
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task No_lease_is_lost_while_the_database_is_away()
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions());
        await using var store = new MemoryStore();
        await using var engine = new DatabaseMountType(TimeProvider.System);
        await using var node = await TestNode.CreateAsync(store, engine);
        await node.WriteAsync("sys/mounts/database", """{"type":"database"}""").Ok();
        await node.WriteAsync("database/config/db", DatabaseHost.Connection(server.Port, PostgresServer.Superuser, PostgresServer.Password)).Ok();
        await node.WriteAsync("database/roles/app", $$"""{"db_name":"db","creation_statements":["{{Creation}}"]}""").Ok();
        var lease = (await node.ReadAsync("database/creds/app").Ok()).Lease!.Id;
        await server.StopAsync();
        Assert.Equal(FailureKind.Unavailable, (await node.ReadAsync("database/creds/app")).Failure?.Kind);
        Assert.NotNull((await node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{lease}}","sync":true}""")).Failure);
        Assert.NotNull((await node.WriteAsync("sys/leases/renew", $$"""{"lease_id":"{{lease}}"}""")).Failure);
        await server.RestartAsync();
        await node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{lease}}","sync":true}""").Ok();
        Assert.Equal("0", await AskAsync(server, "SELECT count(*)::text FROM pg_roles WHERE rolname LIKE 'v-%'"));
        Assert.Empty(node.Faults);
    }

    private static async Task RunAsync(PostgresServer server, string sql)
    {
        await using var source = NpgsqlDataSource.Create(PostgresClient.ConnectionString(server.Port, PostgresServer.Superuser, PostgresServer.Password));
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<string> AskAsync(PostgresServer server, string sql)
    {
        await using var source = NpgsqlDataSource.Create(PostgresClient.ConnectionString(server.Port, PostgresServer.Superuser, PostgresServer.Password));
        await using var command = source.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
