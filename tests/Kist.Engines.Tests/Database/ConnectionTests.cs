using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Harness.Servers;

namespace Kist.Engines.Tests.Database;

[Collection(SharedPostgresCollection.Name)]
public sealed class ConnectionTests(SharedPostgres postgres)
{
    private const string Password = "admin-of-one-test";

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_connection_is_written_read_listed_and_deleted_and_its_password_is_never_shown()
    {
        await using var host = await DatabaseHost.StartAsync();
        await host.ListAsync("config").Is("not_found");
        await host.ReadAsync("config/db").Is("not_found");
        var admin = await postgres.NewAdministratorAsync();
        var made = await host.ConnectAsync(postgres.Server.Port, admin, Password, "\"max_open_connections\":3,\"username_template\":\"x-{{random 8}}\"").Ok();
        Assert.Equal(Operation.Create, made.Operation);
        var read = await host.ReadAsync("config/db").Ok();
        Assert.DoesNotContain(Password, read.ToString(), StringComparison.Ordinal);
        Assert.Equal("postgresql-database-plugin", read.Text("plugin_name"));
        var details = read.Body!["connection_details"]!;
        Assert.Equal($"postgresql://{{{{username}}}}:{{{{password}}}}@127.0.0.1:{postgres.Server.Port}/postgres", details["connection_url"]!.GetValue<string>());
        Assert.Equal(admin, details["username"]!.GetValue<string>());
        Assert.Equal(3, details["max_open_connections"]!.GetValue<int>());
        Assert.Null(details["password"]);
        Assert.Equal(["db"], (await host.ListAsync("config").Ok()).Keys);
        // What is not given stays.
        Assert.Equal(Operation.Update, (await host.WriteAsync("config/db", """{"allowed_roles":["a","b-*"]}""").Ok()).Operation);
        Assert.Equal("""["a","b-*"]""", (await host.ReadAsync("config/db").Ok()).Body!["allowed_roles"]!.ToJsonString());
        await host.WriteAsync("reset/db").Ok();
        Assert.Equal(1, (await host.WriteAsync("reload/postgresql-database-plugin").Ok()).Number("count"));
        Assert.Equal(0, (await host.WriteAsync("reload/other").Ok()).Number("count"));
        await host.DeleteAsync("config/db").Ok();
        await host.ReadAsync("config/db").Is("not_found");
        await host.WriteAsync("reset/db").Is("database.unknown_connection");
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_password_in_the_address_is_hidden_and_warned_of()
    {
        await using var host = await DatabaseHost.StartAsync();
        var admin = await postgres.NewAdministratorAsync();
        var body = $$"""{"plugin_name":"postgresql-database-plugin","connection_url":"postgresql://{{admin}}:{{Password}}@127.0.0.1:{{postgres.Server.Port}}/postgres"}""";
        Assert.Contains("a password stands in connection_url", Assert.Single((await host.WriteAsync("config/db", body).Ok()).Warnings), StringComparison.Ordinal);
        var read = await host.ReadAsync("config/db").Ok();
        Assert.DoesNotContain(Password, read.ToString(), StringComparison.Ordinal);
        Assert.Contains($"{admin}:xxxxx@", read.ToString(), StringComparison.Ordinal);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_connection_is_tried_before_it_is_stored_unless_that_is_not_wanted()
    {
        await using var host = await DatabaseHost.StartAsync();
        var admin = await postgres.NewAdministratorAsync();
        var refused = await host.ConnectAsync(postgres.Server.Port, admin, "wrong-password").Is("database.login_refused");
        Assert.Equal(FailureKind.Invalid, refused.Failure!.Kind);
        Assert.StartsWith("error verifying connection: ", refused.Failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-password", refused.ToString(), StringComparison.Ordinal);
        await host.ReadAsync("config/db").Is("not_found");
        await host.ConnectAsync(postgres.Server.Port, admin, "wrong-password", "\"verify_connection\":false").Ok();
        var gone = await host.ConnectAsync(1, admin, Password, "\"verify_connection\":true").Is("database.unavailable");
        Assert.Equal(FailureKind.Unavailable, gone.Failure!.Kind);
        Assert.DoesNotContain("127.0.0.1", gone.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""", "database.unknown_plugin")]
    [InlineData("""{"plugin_name":"mysql-database-plugin"}""", "database.unknown_plugin")]
    [InlineData("""{"plugin_name":"postgresql-database-plugin"}""", "database.invalid_connection")]
    [InlineData("""{"plugin_name":"postgresql-database-plugin","connection_url":"x"}""", "database.invalid_connection")]
    [InlineData("""{"plugin_name":"postgresql-database-plugin","connection_url":"user=u host=h sslmode=x"}""", "database.invalid_connection")]
    [InlineData("""{"plugin_name":"postgresql-database-plugin","connection_url":"user=u host=h port=x"}""", "database.invalid_connection")]
    [InlineData("""{"plugin_name":"postgresql-database-plugin","connection_url":"user=u host=h","max_open_connections":257}""", "database.invalid_connection")]
    [InlineData("""{"plugin_name":"postgresql-database-plugin","connection_url":"user=u host=h","password_authentication":"md5"}""", "database.invalid_connection")]
    [InlineData("""{"plugin_name":"postgresql-database-plugin","connection_url":"user=u host=h","tls_certificate":"x"}""", "database.invalid_connection")]
    [InlineData("""{"plugin_name":"postgresql-database-plugin","connection_url":"user=u host=h","tls_certificate":"x","private_key":"y"}""", "database.invalid_connection")]
    [InlineData("""{"plugin_name":"postgresql-database-plugin","connection_url":"user=u host=h","tls_ca":"x"}""", "database.invalid_connection")]
    [InlineData("""{"plugin_name":"postgresql-database-plugin","connection_url":"user=u host=h target_session_attrs=read-write"}""", "database.invalid_connection")]
    [InlineData("""{"plugin_name":"postgresql-database-plugin","connection_url":"user=u host=h","username_template":"same"}""", "database.invalid_username_template")]
    [InlineData("""{"plugin_name":"postgresql-database-plugin","connection_url":"user=u host=h","root_rotation_statements":"SELECT '"}""", "database.invalid_statements")]
    public async Task What_cannot_be_a_connection_is_refused(string body, string code)
    {
        await using var host = await DatabaseHost.StartAsync();
        await host.WriteAsync("config/db", body).Is(code);
        await host.ReadAsync("config/db").Is("not_found");
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_changed_connection_closes_the_connections_of_before()
    {
        await using var host = await DatabaseHost.StartAsync();
        var (before, after) = (await postgres.NewAdministratorAsync(), await postgres.NewAdministratorAsync());
        await host.ConnectAsync(postgres.Server.Port, before, Password).Ok();
        var user = await postgres.NewUserAsync();
        await host.WriteAsync("static-roles/s", $$"""{"db_name":"db","username":"{{user}}","rotation_period":"1h"}""").Ok();
        Assert.NotEmpty(await SessionsAsync(before));
        await host.ConnectAsync(postgres.Server.Port, after, Password).Ok();
        await host.WriteAsync("rotate-role/s").Ok();
        await Core.Tests.Storage.Eventually.HoldsAsync(async () => (await SessionsAsync(before)).Count == 0);
        await host.DisposeAsync();
        await Core.Tests.Storage.Eventually.HoldsAsync(async () => (await SessionsAsync(after)).Count == 0);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_stored_password_goes_to_no_other_address_and_stands_for_no_other_user()
    {
        await using var host = await DatabaseHost.StartAsync();
        var admin = await postgres.NewAdministratorAsync();
        await host.ConnectAsync(postgres.Server.Port, admin, Password).Ok();
        var elsewhere = "postgresql://{{username}}:{{password}}@127.0.0.2:1/postgres";
        await host.WriteAsync("config/db", $$"""{"connection_url":"{{elsewhere}}"}""").Is("database.password_needed");
        await host.WriteAsync("config/db", $$"""{"connection_url":"{{elsewhere}}","verify_connection":false}""").Is("database.password_needed");
        await host.WriteAsync("config/db", """{"username":"other"}""").Is("database.password_needed");
        // The same again is no change.
        await host.WriteAsync("config/db", $$"""{"username":"{{admin}}"}""").Ok();
        // Given anew, it is the only one that the new address is shown.
        await host.WriteAsync("config/db", $$"""{"connection_url":"{{elsewhere}}","password":"new","verify_connection":false}""").Ok();
        Assert.Equal(["new"], (await host.StoredConnectionAsync()).Candidates().Select(candidate => candidate!.Reveal()));
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_password_that_is_given_is_tried_alone()
    {
        await using var host = await DatabaseHost.StartAsync();
        var admin = await postgres.NewAdministratorAsync();
        await host.ConnectAsync(postgres.Server.Port, admin, Password).Ok();
        await host.WriteAsync("config/db", """{"password":"a slip of the pen"}""").Is("database.login_refused");
        Assert.Equal(Password, (await host.StoredConnectionAsync()).Password!.Reveal());
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_root_password_that_stands_in_the_address_is_not_rotated()
    {
        await using var host = await DatabaseHost.StartAsync();
        var admin = await postgres.NewAdministratorAsync();
        foreach (var credentials in new[] { $"{admin}:{Password}", $"{{{{username}}}}:{Password}", $"{admin}:{{{{password}}}}" })
        {
            var body = $$"""{"plugin_name":"postgresql-database-plugin","username":"{{admin}}","password":"{{Password}}","connection_url":"postgresql://{{credentials}}@127.0.0.1:{{postgres.Server.Port}}/postgres"}""";
            await host.WriteAsync("config/db", body).Ok();
            await host.WriteAsync("rotate-root/db").Is("database.literal_credentials");
            Assert.True(await postgres.CanLogInAsync(admin, Password), credentials);
        }
    }

    private Task<IReadOnlyList<string>> SessionsAsync(string user) => postgres.AskAsync($"SELECT pid::text FROM pg_stat_activity WHERE usename = '{user}'");
}
