using Kist.Harness;
using Kist.Harness.Servers;
using Kist.Wire.MySql;
using Kist.Wire.Sockets;

namespace Kist.Wire.Tests.MySql;

[Collection(SharedMariaDbCollection.Name)]
public sealed class MySqlTlsTests(SharedMariaDb shared)
{
    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task Only_a_server_that_proves_its_name_is_talked_to()
    {
        using var foreign = TestAuthority.Create("another");
        var other = foreign.Certificate.ExportCertificatePem();
        var trusted = await File.ReadAllTextAsync(shared.Certificates.AuthorityFile);

        Assert.StartsWith("TLS", await CipherAsync(WireTls.FromPem(trusted, null, null)));
        Assert.StartsWith("TLS", await CipherAsync(WireTls.FromPem(trusted, null, null, serverName: "localhost")));
        Assert.Equal("Tls", await CipherAsync(WireTls.FromPem(trusted, null, null, serverName: "db.example")));
        Assert.Equal("Tls", await CipherAsync(WireTls.FromPem(other, null, null)));
        Assert.StartsWith("TLS", await CipherAsync(WireTls.FromPem(other, null, null, verify: false)));
        Assert.Equal("", await CipherAsync(null));
    }

    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task A_user_may_be_asked_for_a_certificate()
    {
        var name = shared.NewName();
        using var root = await shared.ConnectAsync();
        var account = $"{MySqlQuoting.Text(name)}@'127.0.0.1'";
        await root.ExecuteAsync($"CREATE USER {account} IDENTIFIED BY 'pw' REQUIRE SUBJECT '/CN={name}'", CancellationToken.None);
        var (certificate, key) = shared.Certificates.WriteClient(name, name);
        var trusted = await File.ReadAllTextAsync(shared.Certificates.AuthorityFile);
        var endpoint = SharedMariaDb.Endpoint(shared.Server, name, "pw");

        var tls = WireTls.FromPem(trusted, await File.ReadAllTextAsync(certificate), await File.ReadAllTextAsync(key));
        using (var user = await MySqlConnection.ConnectAsync(endpoint with { Tls = tls }, CancellationToken.None))
            await user.PingAsync(CancellationToken.None);
        var without = endpoint with { Tls = WireTls.FromPem(trusted, null, null) };
        Assert.Equal(1045, (await Assert.ThrowsAsync<MySqlException>(() => MySqlConnection.ConnectAsync(without, CancellationToken.None))).Code);
    }

    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task A_server_may_demand_TLS()
    {
        await using var server = await MariaDbServer.StartAsync(new MariaDbServerOptions { Certificates = shared.Certificates, RequireTls = true });
        var plain = SharedMariaDb.Endpoint(server);
        var refused = await Assert.ThrowsAsync<MySqlException>(() => MySqlConnection.ConnectAsync(plain, CancellationToken.None));
        Assert.Equal(1045, refused.Code);
        var tls = WireTls.FromPem(await File.ReadAllTextAsync(shared.Certificates.AuthorityFile), null, null);
        using var connection = await MySqlConnection.ConnectAsync(plain with { Tls = tls }, CancellationToken.None);
        await connection.PingAsync(CancellationToken.None);
    }

    // The session's TLS version, or the fault.
    private async Task<string> CipherAsync(WireTls? tls)
    {
        try
        {
            var endpoint = SharedMariaDb.Endpoint(shared.Server) with { Tls = tls };
            using var connection = await MySqlConnection.ConnectAsync(endpoint, CancellationToken.None);
            return (await connection.ExecuteAsync("SHOW SESSION STATUS LIKE 'Ssl_version'", CancellationToken.None)).Rows[0][1]!;
        }
        catch (WireException e)
        {
            return e.Fault.ToString();
        }
    }
}
