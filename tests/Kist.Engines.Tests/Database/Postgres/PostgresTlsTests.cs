using System.Security.Cryptography.X509Certificates;
using Kist.Crypto;
using Kist.Engines.Database.Plugins;
using Kist.Engines.Database.Plugins.Postgres;
using Kist.Engines.Database.Stored;
using Kist.Harness;
using Kist.Harness.Servers;
using Npgsql;

namespace Kist.Engines.Tests.Database.Postgres;

/// <summary>Certificates of both sides, and what Npgsql would take from the environment of the server. Alone, since the environment is that of all tests.</summary>
[Collection("environment")]
public sealed class PostgresTlsTests : IDisposable
{
    // The server listens there too, and its certificate does not name it.
    private const string OtherName = "127.0.0.2";

    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("kist-database-");
    private readonly TestAuthority users = TestAuthority.Create("Authority of users");
    private readonly TestCertificates ours;
    private readonly TestCertificates others;

    public PostgresTlsTests()
    {
        // The server's own user reads what is here.
        File.SetUnixFileMode(home.FullName, (UnixFileMode)Convert.ToInt32("755", 8));
        ours = TestCertificates.Create(home.CreateSubdirectory("ours").FullName);
        others = TestCertificates.Create(home.CreateSubdirectory("others").FullName);
    }

    public void Dispose()
    {
        foreach (var name in new[] { "PGPASSWORD", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGOPTIONS", "PGTARGETSESSIONATTRS", "PGCLIENTENCODING" })
            Environment.SetEnvironmentVariable(name, null);
        users.Dispose();
        ours.Dispose();
        others.Dispose();
        home.Delete(recursive: true);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_database_is_reached_by_tls_that_is_checked_as_far_as_is_said()
    {
        await using var server = await StartAsync();
        var (right, wrong) = (File.ReadAllText(ours.AuthorityFile), File.ReadAllText(others.AuthorityFile));
        Assert.Equal("ok", await PingAsync(server, "", right));
        Assert.Equal("database.tls_failed", await PingAsync(server, "", wrong));
        Assert.Equal("database.tls_failed", await PingAsync(server, "", right, OtherName));
        foreach (var mode in new[] { "verify-ca", "require" })
        {
            Assert.Equal("ok", await PingAsync(server, mode, right));
            Assert.Equal("ok", await PingAsync(server, mode, right, OtherName));
            Assert.Equal("database.tls_failed", await PingAsync(server, mode, wrong));
        }
        Assert.Equal("database.tls_failed", await PingAsync(server, "verify-full", right, OtherName));
        Assert.Equal("database.tls_failed", await PingAsync(server, "verify-full", ""));
        Assert.Equal("ok", await PingAsync(server, "require", ""));
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_failed_check_is_told_to_whoever_writes_the_connection()
    {
        await using var server = await StartAsync();
        await using var host = await DatabaseHost.StartAsync();
        var ca = System.Text.Json.JsonSerializer.Serialize(File.ReadAllText(others.AuthorityFile));
        await host.ConnectAsync(server.Port, PostgresServer.Superuser, PostgresServer.Password, $"\"tls_ca\":{ca}").Is("database.tls_failed");
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_user_shows_its_certificate_and_those_that_vouch_for_it()
    {
        await using var server = await StartAsync();
        var (certificate, key) = NewUserCertificate();
        var details = Details(server, "", File.ReadAllText(ours.AuthorityFile)) with { Username = "by_certificate" };
        Assert.Equal("ok", await PingAsync(details with { TlsCertificate = certificate, PrivateKey = new SecretText(key) }, null));
        Assert.Equal("database.login_refused", await PingAsync(details, null));
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task Nothing_of_the_servers_own_environment_gets_into_a_connection()
    {
        await using var server = await StartAsync();
        var (certificate, key) = NewUserCertificate();
        File.WriteAllText(Path.Combine(home.FullName, "user.pem"), certificate);
        File.WriteAllText(Path.Combine(home.FullName, "user.key"), key);
        Environment.SetEnvironmentVariable("PGPASSWORD", PostgresServer.Password);
        Environment.SetEnvironmentVariable("PGSSLROOTCERT", ours.AuthorityFile);
        Environment.SetEnvironmentVariable("PGSSLCERT", Path.Combine(home.FullName, "user.pem"));
        Environment.SetEnvironmentVariable("PGSSLKEY", Path.Combine(home.FullName, "user.key"));
        Environment.SetEnvironmentVariable("PGOPTIONS", "-c default_transaction_read_only=on");
        Environment.SetEnvironmentVariable("PGTARGETSESSIONATTRS", "standby");
        Environment.SetEnvironmentVariable("PGCLIENTENCODING", "LATIN1");
        var ca = File.ReadAllText(ours.AuthorityFile);
        Assert.Equal("database.login_refused", await PingAsync(Details(server, "", ca), null));
        Assert.Equal("database.login_refused", await PingAsync(Details(server, "", ca) with { Username = "by_certificate" }, null));
        Assert.Equal("database.tls_failed", await PingAsync(server, "verify-full", ""));
        var both = Details(server, "", ca) with
        {
            ConnectionUrl = new SecretText($"host={PrivateServer.Host},{PrivateServer.Host} port={server.Port} dbname=postgres"),
        };
        await using var database = Open(both, PostgresServer.Password);
        var user = new NewUser
        {
            Username = "näme",
            Password = new SecretText("x"),
            ExpiresAt = DateTimeOffset.UnixEpoch.AddYears(60),
            Statements = ["CREATE ROLE \"{{name}}\""],
            IsVoid = () => false,
        };
        Assert.Null((await database.CreateUserAsync(user, default)).Failure);
        Assert.True((await database.UserExistsAsync("näme", default)).Value);
    }

    private async Task<PostgresServer> StartAsync()
    {
        var rules = Path.Combine(home.FullName, "pg_hba.conf");
        var authority = Path.Combine(home.FullName, "users.pem");
        File.WriteAllText(rules, "hostssl all by_certificate 127.0.0.0/8 cert\nhostssl all all 127.0.0.0/8 scram-sha-256\n");
        File.WriteAllText(authority, users.Certificate.ExportCertificatePem());
        var server = await PostgresServer.StartAsync(new PostgresServerOptions
        {
            Certificates = ours,
            RequireTls = true,
            Settings = [$"hba_file={rules}", $"ssl_ca_file={authority}", $"listen_addresses={PrivateServer.Host},{OtherName}"],
        });
        await using var admin = NpgsqlDataSource.Create(PostgresClient.ConnectionString(server.Port, PostgresServer.Superuser, PostgresServer.Password));
        await using var command = admin.CreateCommand("CREATE ROLE by_certificate LOGIN CREATEROLE");
        await command.ExecuteNonQueryAsync();
        return server;
    }

    // Its authority is not the one that the server knows, but is vouched for by that one.
    private (string Certificates, string Key) NewUserCertificate()
    {
        using var between = users.Intermediate("Between");
        using var user = between.IssueClient("by_certificate");
        using var key = user.GetECDsaPrivateKey()!;
        return ($"{user.ExportCertificatePem()}\n{between.Certificate.ExportCertificatePem()}\n", key.ExportPkcs8PrivateKeyPem());
    }

    private static Task<string> PingAsync(PostgresServer server, string mode, string authorities, string host = PrivateServer.Host) =>
        PingAsync(Details(server, mode, authorities, host), PostgresServer.Password);

    private static async Task<string> PingAsync(ConnectionDetails details, string? password)
    {
        Assert.Null(PostgresSettings.Check(details));
        await using var database = Open(details, password);
        var answer = await database.PingAsync(default);
        return answer.Succeeded ? "ok" : answer.Failure.Code;
    }

    private static IDatabase Open(ConnectionDetails details, string? password) =>
        new PostgresPlugin(TimeProvider.System).Open(details, password is null ? null : new SecretText(password));

    private static ConnectionDetails Details(PostgresServer server, string mode, string authorities, string host = PrivateServer.Host) => new()
    {
        ConnectionUrl = new SecretText($"host={host} port={server.Port} dbname=postgres{(mode.Length > 0 ? " sslmode=" + mode : "")}"),
        Username = PostgresServer.Superuser,
        TlsCa = authorities,
    };
}

[CollectionDefinition("environment", DisableParallelization = true)]
public sealed class EnvironmentCollection;
