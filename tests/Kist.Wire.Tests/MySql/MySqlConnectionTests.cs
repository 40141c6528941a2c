using Kist.Harness.Servers;
using Kist.Wire.MySql;
using Kist.Wire.Sockets;

namespace Kist.Wire.Tests.MySql;

[Collection(SharedMariaDbCollection.Name)]
public sealed class MySqlConnectionTests(SharedMariaDb shared)
{
    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task Statements_change_and_read_rows()
    {
        using var connection = await shared.ConnectAsync();
        var database = MySqlQuoting.Identifier(shared.NewName());
        await SayAsync(connection, $"CREATE DATABASE {database}");
        await SayAsync(connection, $"CREATE TABLE {database}.t (id INT, words LONGTEXT)");
        var text = new string('é', 40_000);
        var written = await SayAsync(connection, $"INSERT INTO {database}.t VALUES (1, ''), (2, NULL), (3, {MySqlQuoting.Text(text)})");
        Assert.Equal(3, written.AffectedRows);

        var result = await SayAsync(connection, $"SELECT id, words AS `what it says` FROM {database}.t ORDER BY id");
        Assert.Equal(["id", "what it says"], result.Columns);
        Assert.Equal<IEnumerable<string?>>([["1", ""], ["2", null], ["3", text]], result.Rows);
        Assert.DoesNotContain("é", result.ToString());
        Assert.Empty((await SayAsync(connection, $"SELECT id FROM {database}.t WHERE id = 4")).Rows);
        await connection.PingAsync(CancellationToken.None);
        await connection.QuitAsync(CancellationToken.None);
        Assert.False(connection.IsUsable);
    }

    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task A_user_is_made_and_logs_in_until_it_is_removed()
    {
        const string Password = @"it's \ a `secret` of é";
        var name = shared.NewName();
        var account = $"{MySqlQuoting.Text(name)}@'127.0.0.1'";
        using var root = await shared.ConnectAsync();
        await SayAsync(root, $"CREATE USER {account} IDENTIFIED BY {MySqlQuoting.Text(Password)}");
        var endpoint = SharedMariaDb.Endpoint(shared.Server, name, Password);
        using (var user = await MySqlConnection.ConnectAsync(endpoint, CancellationToken.None))
            Assert.Equal($"{name}@127.0.0.1", (await SayAsync(user, "SELECT CURRENT_USER()")).Rows[0][0]);

        await SayAsync(root, $"DROP USER {account}");
        var refused = await Assert.ThrowsAsync<MySqlException>(() => MySqlConnection.ConnectAsync(endpoint, CancellationToken.None));
        Assert.Equal((1045, "28000"), (refused.Code, refused.SqlState));
        Assert.DoesNotContain("secret", refused.ToString());
    }

    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task A_refused_statement_has_its_code_and_the_session_goes_on()
    {
        using var connection = await shared.ConnectAsync();
        var syntax = await RefusedAsync(connection, "CREATE USER x IDENTIFIED WITH 'secret' garbage 'secret'");
        Assert.Equal((1064, "42000"), (syntax.Code, syntax.SqlState));
        Assert.DoesNotContain("secret", syntax.ToString());
        var missing = await RefusedAsync(connection, "DROP USER 'nobody'@'nowhere'");
        Assert.Equal(1396, missing.Code);
        Assert.Contains("nobody", missing.Message);
        // Several statements in one are a syntax error.
        Assert.Equal(1064, (await RefusedAsync(connection, "SELECT 1; SELECT 2")).Code);
        Assert.Equal("1", (await SayAsync(connection, "SELECT 1")).Rows[0][0]);
    }

    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task No_file_of_this_machine_is_loaded()
    {
        using var connection = await shared.ConnectAsync();
        Assert.Equal("1", (await SayAsync(connection, "SELECT @@local_infile")).Rows[0][0]);
        var database = MySqlQuoting.Identifier(shared.NewName());
        await SayAsync(connection, $"CREATE DATABASE {database}");
        await SayAsync(connection, $"CREATE TABLE {database}.t (line TEXT)");
        Assert.Equal(4166, (await RefusedAsync(connection, $"LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE {database}.t")).Code);
    }

    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task The_database_is_the_one_that_was_named()
    {
        var endpoint = SharedMariaDb.Endpoint(shared.Server);
        using var connection = await MySqlConnection.ConnectAsync(endpoint with { Database = "mysql" }, CancellationToken.None);
        Assert.Equal("mysql", (await SayAsync(connection, "SELECT DATABASE()")).Rows[0][0]);
        var unknown = await Assert.ThrowsAsync<MySqlException>(
            () => MySqlConnection.ConnectAsync(endpoint with { Database = "nowhere" }, CancellationToken.None));
        Assert.Equal(1049, unknown.Code);
    }

    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task A_cancelled_statement_ends_the_session()
    {
        using var connection = await shared.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        var waiting = connection.ExecuteAsync("SELECT SLEEP(60)", cancel.Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => connection.PingAsync(CancellationToken.None));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(connection.IsUsable);
        Assert.Equal(WireFault.Unusable, (await Assert.ThrowsAsync<WireException>(() => connection.PingAsync(CancellationToken.None))).Fault);
    }

    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task A_server_that_goes_breaks_its_sessions_and_is_found_again_and_a_silent_one_is_left()
    {
        await using var server = await MariaDbServer.StartAsync(new MariaDbServerOptions());
        var endpoint = SharedMariaDb.Endpoint(server);
        using (var connection = await MySqlConnection.ConnectAsync(endpoint, CancellationToken.None))
        {
            await server.StopAsync();
            Assert.Equal(WireFault.Broken, (await Assert.ThrowsAsync<WireException>(() => SayAsync(connection, "SELECT 1"))).Fault);
        }
        var gone = await Assert.ThrowsAsync<WireException>(() => MySqlConnection.ConnectAsync(endpoint, CancellationToken.None));
        Assert.Equal(WireFault.Unreachable, gone.Fault);
        await server.RestartAsync();
        using var again = await MySqlConnection.ConnectAsync(endpoint, CancellationToken.None);
        Assert.Equal("1", (await SayAsync(again, "SELECT 1")).Rows[0][0]);

        await server.PauseAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => again.ExecuteAsync("SELECT 1", patience.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => MySqlConnection.ConnectAsync(endpoint, patience.Token));
    }

    private static Task<MySqlResult> SayAsync(MySqlConnection connection, string sql) => connection.ExecuteAsync(sql, CancellationToken.None);

    private static Task<MySqlException> RefusedAsync(MySqlConnection connection, string sql) =>
        Assert.ThrowsAsync<MySqlException>(() => SayAsync(connection, sql));
}
