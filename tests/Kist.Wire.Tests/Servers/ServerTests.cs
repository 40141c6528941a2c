using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Kist.Harness;
using Kist.Harness.Servers;

namespace Kist.Wire.Tests.Servers;

/// <summary>That the servers which other tests rest on are what they say, asked by their own clients and not by Kist.</summary>
public sealed class ServerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string home = Directory.CreateTempSubdirectory("kist-servers-").FullName;

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task PostgreSQL_asks_for_password_and_TLS_and_comes_back_with_its_data()
    {
        using var files = TestCertificates.Create(home);
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions { Certificates = files, RequireTls = true });
        var address = $"host=127.0.0.1 port={server.Port} user={PostgresServer.Superuser} dbname=postgres sslrootcert={files.AuthorityFile}";
        Task<bool> Says(string password, string sql, string tls = "verify-full") => SucceedsAsync(
            PostgresServer.Client,
            [$"{address} sslmode={tls}", "-c", sql],
            ("PGPASSWORD", password));

        Assert.True(await Says(PostgresServer.Password, "CREATE TABLE kept AS SELECT 1 AS one"));
        Assert.False(await Says("wrong", "SELECT 1"));
        Assert.False(await Says(PostgresServer.Password, "SELECT 1", tls: "disable"));
        await GoesAndComesBackAsync(server, () => Says(PostgresServer.Password, "SELECT one FROM kept"));
    }

    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task MariaDB_asks_for_password_and_TLS_and_comes_back_with_its_data()
    {
        using var files = TestCertificates.Create(home);
        await using var server = await MariaDbServer.StartAsync(new MariaDbServerOptions { Certificates = files, RequireTls = true });
        Task<bool> Says(string password, string sql, string tls = "--ssl-verify-server-cert") => SucceedsAsync(
            MariaDbServer.Client,
            [
                "--no-defaults", "-h127.0.0.1", $"-P{Text(server.Port)}", $"-u{MariaDbServer.Superuser}", $"-p{password}",
                $"--ssl-ca={files.AuthorityFile}", tls, "-e", sql,
            ]);

        Assert.True(await Says(MariaDbServer.Password, "CREATE DATABASE d; CREATE TABLE d.kept AS SELECT 1 AS one"));
        Assert.False(await Says("wrong", "SELECT 1"));
        Assert.False(await Says(MariaDbServer.Password, "SELECT 1", tls: "--skip-ssl"));
        await GoesAndComesBackAsync(server, () => Says(MariaDbServer.Password, "SELECT one FROM d.kept"));
    }

    [FactNeedingServer(NeededServer.Redis)]
    public async Task Redis_asks_for_password_and_TLS_and_comes_back_with_its_data()
    {
        using var files = TestCertificates.Create(home);
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Certificates = files });
        // The client ends with 1 upon an error only when told to.
        Task<bool> Says(string password, params string[] command) => SucceedsAsync(
            RedisServer.Client,
            ["-e", "-h", "127.0.0.1", "-p", Text(server.Port), "--tls", "--cacert", files.AuthorityFile, .. command],
            ("REDISCLI_AUTH", password));

        Assert.True(await Says(RedisServer.Password, "SET", "kept", "1"));
        Assert.True(await Says(RedisServer.Password, "CONFIG", "SET", "appendfsync", "always"));
        Assert.False(await Says("wrong", "GET", "kept"));
        await GoesAndComesBackAsync(server, () => Says(RedisServer.Password, "INCR", "kept"));
    }

    [FactNeedingServer(NeededServer.RabbitMq)]
    public async Task RabbitMQ_asks_for_a_password_and_comes_back_with_its_data()
    {
        await using var server = await RabbitMqServer.StartAsync();
        Assert.Equal(HttpStatusCode.Created, await ManageAsync(server, HttpMethod.Put, "api/vhosts/kept", RabbitMqServer.Password));
        Assert.Equal(HttpStatusCode.Unauthorized, await ManageAsync(server, HttpMethod.Get, "api/vhosts/kept", "wrong"));
        await GoesAndComesBackAsync(
            server, async () => await ManageAsync(server, HttpMethod.Get, "api/vhosts/kept", RabbitMqServer.Password) == HttpStatusCode.OK);
    }

    public void Dispose() => Directory.Delete(home, recursive: true);

    private static async Task GoesAndComesBackAsync(PrivateServer server, Func<Task<bool>> ask)
    {
        Assert.True(await ask());
        await server.StopAsync();
        Assert.False(await ask());
        await server.RestartAsync();
        Assert.True(await ask());

        await server.PauseAsync();
        var asking = ask();
        await Task.Delay(300);
        Assert.False(asking.IsCompleted);
        await server.ResumeAsync();
        Assert.True(await asking);
    }

    private static async Task<bool> SucceedsAsync(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = BuiltProgram.Start(program, arguments);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return (await KistProcess.RunAsync(start, Patience, "", CancellationToken.None)).ExitCode == 0;
    }

    private static async Task<HttpStatusCode?> ManageAsync(RabbitMqServer server, HttpMethod method, string path, string password)
    {
        using var client = new HttpClient(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(method, new Uri(server.Management, path));
        request.Headers.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{RabbitMqServer.Superuser}:{password}")));
        try
        {
            using var answer = await client.SendAsync(request);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
