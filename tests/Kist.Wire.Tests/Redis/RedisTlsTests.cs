using Kist.Harness;
using Kist.Harness.Servers;
using Kist.Wire.Redis;
using Kist.Wire.Sockets;

namespace Kist.Wire.Tests.Redis;

public sealed class RedisTlsTests : IDisposable
{
    private readonly string home = Directory.CreateTempSubdirectory("kist-redis-tls-").FullName;

    [FactNeedingServer(NeededServer.Redis)]
    public async Task Only_a_server_that_proves_its_name_is_talked_to()
    {
        using var own = TestCertificates.Create(Directory.CreateDirectory(Path.Combine(home, "own")).FullName);
        using var foreign = TestCertificates.Create(Directory.CreateDirectory(Path.Combine(home, "foreign")).FullName);
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Certificates = own });
        var trusted = await File.ReadAllTextAsync(own.AuthorityFile);
        var other = await File.ReadAllTextAsync(foreign.AuthorityFile);

        Assert.Null(await FaultAsync(server, WireTls.FromPem(trusted, null, null)));
        Assert.Null(await FaultAsync(server, WireTls.FromPem(trusted, null, null, serverName: "localhost")));
        Assert.Equal(WireFault.Tls, await FaultAsync(server, WireTls.FromPem(trusted, null, null, serverName: "db.example")));
        Assert.Equal(WireFault.Tls, await FaultAsync(server, WireTls.FromPem(other, null, null)));
        Assert.Equal(WireFault.Tls, await FaultAsync(server, WireTls.FromPem(null, null, null)));
        Assert.Null(await FaultAsync(server, WireTls.FromPem(other, null, null, verify: false, serverName: "db.example")));
        Assert.Equal(WireFault.Broken, await FaultAsync(server, null));
    }

    [FactNeedingServer(NeededServer.Redis)]
    public async Task A_client_shows_its_certificate()
    {
        using var files = TestCertificates.Create(home);
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Certificates = files, DemandClientCertificate = true });
        var (certificate, key) = files.WriteClient("client", "client");
        var trusted = await File.ReadAllTextAsync(files.AuthorityFile);

        Assert.Null(await FaultAsync(server, WireTls.FromPem(trusted, await File.ReadAllTextAsync(certificate), await File.ReadAllTextAsync(key))));
        Assert.NotNull(await FaultAsync(server, WireTls.FromPem(trusted, null, null)));
    }

    [Fact]
    public void Texts_that_are_no_certificates_are_refused_and_not_repeated()
    {
        using var files = TestCertificates.Create(home);
        var certificate = File.ReadAllText(files.CertificateFile);
        const string Broken = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----";
        Assert.Throws<FormatException>(() => WireTls.FromPem("", null, null));
        Assert.Throws<FormatException>(() => WireTls.FromPem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", null, null));
        Assert.Throws<FormatException>(() => WireTls.FromPem(null, certificate, null));
        Assert.Throws<FormatException>(() => WireTls.FromPem(null, "none", File.ReadAllText(files.KeyFile)));
        Assert.DoesNotContain("c2VjcmV0", Assert.Throws<FormatException>(() => WireTls.FromPem(null, certificate, Broken)).ToString());
    }

    public void Dispose() => Directory.Delete(home, recursive: true);

    private static async Task<WireFault?> FaultAsync(RedisServer server, WireTls? tls)
    {
        try
        {
            using var connection = await RedisConnection.ConnectAsync(SharedRedis.Endpoint(server) with { Tls = tls }, CancellationToken.None);
            Assert.Equal("PONG", (await connection.ExecuteAsync(RedisConnection.Arguments("PING"), CancellationToken.None)).Text);
            return null;
        }
        catch (WireException e)
        {
            return e.Fault;
        }
    }
}
