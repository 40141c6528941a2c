using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>TLS as clients meet it: versions, certificates of clients, and new certificates without a restart.</summary>
public sealed class TlsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_client_older_than_the_least_version_is_refused()
    {
        await using var server = await KistServer.StartAsync(new ServerOptions { Tls = true, ListenerSettings = "tls_min_version = \"tls13\"" });
        await HandshakeAsync(server, SslProtocols.Tls13);
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(server, SslProtocols.Tls12));
    }

    [Fact]
    public async Task The_least_version_is_1_2_unless_told()
    {
        await using var server = await KistServer.StartAsync(new ServerOptions { Tls = true });
        await HandshakeAsync(server, SslProtocols.Tls12);
        await HandshakeAsync(server, SslProtocols.Tls13);
    }

    [Fact]
    public async Task A_client_certificate_through_an_intermediate_is_accepted_and_one_of_another_authority_is_not()
    {
        using var authority = TestAuthority.Create("clients");
        using var intermediate = authority.Intermediate("clients of the north");
        using var stranger = TestAuthority.Create("strangers");
        await using var server = KistServer.Create(new ServerOptions
        {
            Tls = true,
            ListenerSettings = "tls_client_ca_file = \"clients.pem\"\n  tls_require_and_verify_client_cert = true",
        });
        await File.WriteAllTextAsync(Path.Combine(server.Home, "clients.pem"), authority.Certificate.ExportCertificatePem());
        server.Launch();
        await ListensAsync(server);

        using var direct = authority.IssueClient("direct");
        using var through = intermediate.IssueClient("through an intermediate");
        using var foreign = stranger.IssueClient("foreign");
        await AssertAnswersAsync(server, direct, []);
        await AssertAnswersAsync(server, through, [intermediate.Certificate]);
        await Assert.ThrowsAsync<HttpRequestException>(() => AssertAnswersAsync(server, through, []));
        await Assert.ThrowsAsync<HttpRequestException>(() => AssertAnswersAsync(server, foreign, [stranger.Certificate]));
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Api.ReadAsync("sys/health"));
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_served_where_none_is_demanded()
    {
        using var authority = TestAuthority.Create("clients");
        using var stranger = TestAuthority.Create("strangers");
        await using var server = KistServer.Create(new ServerOptions { Tls = true, ListenerSettings = "tls_client_ca_file = \"clients.pem\"" });
        await File.WriteAllTextAsync(Path.Combine(server.Home, "clients.pem"), authority.Certificate.ExportCertificatePem());
        await server.StartAsync();
        using var foreign = stranger.IssueClient("foreign");
        await Assert.ThrowsAsync<HttpRequestException>(() => AssertAnswersAsync(server, foreign, []));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no certificate")]
    public async Task Client_authorities_that_hold_no_certificate_are_named_at_start(string content)
    {
        await using var server = KistServer.Create(new ServerOptions { Tls = true, ListenerSettings = "tls_client_ca_file = \"clients.pem\"" });
        await File.WriteAllTextAsync(Path.Combine(server.Home, "clients.pem"), content);
        server.Launch();
        Assert.True(await server.Process.EndsWithinAsync(Patience, default), server.Process.Output);
        Assert.Contains("clients.pem", server.Process.Output);
    }

    [Fact]
    public async Task Hang_up_takes_a_new_certificate_over()
    {
        await using var server = await KistServer.StartAsync(new ServerOptions { Tls = true });
        var renewed = server.Certificates.Renew();
        server.Process.Signal(Signals.Hup);
        await SaysAsync(server, "reloaded certificates");
        Assert.Equal(renewed, await HandshakeAsync(server, SslProtocols.None));
    }

    [Fact]
    public async Task A_renewed_certificate_is_taken_over_by_itself_and_a_faulty_one_is_not()
    {
        await using var server = await KistServer.StartAsync(new ServerOptions { Tls = true });
        var before = await HandshakeAsync(server, SslProtocols.None);
        await File.WriteAllTextAsync(server.Certificates.CertificateFile, "faulty");
        await SaysAsync(server, "reload failed");
        Assert.Equal(before, await HandshakeAsync(server, SslProtocols.None));
        var renewed = server.Certificates.Renew();
        await SaysAsync(server, "took a renewed certificate over");
        Assert.Equal(renewed, await HandshakeAsync(server, SslProtocols.None));
    }

    [Fact]
    public async Task Hang_up_with_a_faulty_certificate_keeps_the_old_one_and_reopens_the_audit_file_all_the_same()
    {
        await using var server = await KistServer.StartAsync(new ServerOptions { Tls = true });
        await server.InitializeAsync();
        var audit = await EnableAuditAsync(server);
        var before = await HandshakeAsync(server, SslProtocols.None);
        await File.WriteAllTextAsync(server.Certificates.CertificateFile, "faulty");
        File.Move(audit, audit + ".1");
        server.Process.Signal(Signals.Hup);
        await SaysAsync(server, "reload failed");
        Assert.Contains(server.Certificates.CertificateFile, server.Process.Output);
        Assert.DoesNotContain("reloaded certificates", server.Process.Output);
        Assert.True(File.Exists(audit));
        Assert.Equal(before, await HandshakeAsync(server, SslProtocols.None));
    }

    [Fact]
    public async Task Hang_up_with_an_audit_file_that_cannot_be_opened_says_so_and_takes_the_certificate_over()
    {
        await using var server = await KistServer.StartAsync(new ServerOptions { Tls = true });
        await server.InitializeAsync();
        var audit = await EnableAuditAsync(server);
        File.Move(audit, audit + ".1");
        Directory.CreateDirectory(audit);
        var renewed = server.Certificates.Renew();
        server.Process.Signal(Signals.Hup);
        await SaysAsync(server, "reload failed");
        Assert.Contains(audit, server.Process.Output);
        Assert.DoesNotContain("reloaded certificates", server.Process.Output);
        Assert.Equal(renewed, await HandshakeAsync(server, SslProtocols.None));
        (await server.Api.ReadAsync("sys/mounts")).Good();
    }

    private static async Task<string> EnableAuditAsync(KistServer server)
    {
        var file = Path.Combine(server.AuditDirectory, "audit.log");
        (await server.Api.WriteAsync("sys/audit/file", new { type = "file", options = new { file_path = file } })).Good();
        return file;
    }

    private static async Task AssertAnswersAsync(KistServer server, X509Certificate2 certificate, X509Certificate2Collection intermediates)
    {
        using var api = new ApiClient(server.Address, server.AuthorityFile, SslStreamCertificateContext.Create(certificate, intermediates, offline: true));
        (await api.ReadAsync("sys/seal-status")).Good();
    }

    // The serial number of the certificate that the server shows now.
    private static async Task<string> HandshakeAsync(KistServer server, SslProtocols versions)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(server.AuthorityFile!));
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Address.Host, server.Address.Port);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = versions,
            CertificateChainPolicy = trust,
        });
        return ((X509Certificate2)tls.RemoteCertificate!).SerialNumber;
    }

    private static async Task SaysAsync(KistServer server, string text)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!server.Process.Output.Contains(text, StringComparison.Ordinal))
            await Task.Delay(5, patience.Token);
    }

    // Clients that it refuses cannot ask whether it is up.
    private static async Task ListensAsync(KistServer server)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(server.Address.Host, server.Address.Port, patience.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(5, patience.Token);
            }
        }
    }
}
