using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>Logins with the certificate of a real TLS connection.</summary>
public sealed class CertLoginTests
{
    private static readonly object Nothing = new { };

    [Fact]
    public async Task A_client_logs_in_and_renews_with_its_certificate_on_every_connection_anew()
    {
        using var authority = TestAuthority.Create("clients");
        using var intermediate = authority.Intermediate("clients of the north");
        using var stranger = TestAuthority.Create("clients");
        await using var server = await ReadyAsync(authority);
        using var direct = authority.IssueClient("direct");
        using var through = intermediate.IssueClient("through");
        using var foreign = stranger.IssueClient("direct");
        var context = SslStreamCertificateContext.Create(through, [intermediate.Certificate], offline: true);
        string? token = null;
        // A session that is resumed would lose the intermediate.
        for (var connection = 0; connection < 3; connection++)
        {
            using var api = new ApiClient(server.Address, server.AuthorityFile, context);
            token = (await api.WriteAsync("auth/cert/login", Nothing)).Good().ClientToken;
            (await api.WriteAsync("auth/token/renew-self", Nothing, token)).Good();
        }
        Assert.Equal(HttpStatusCode.OK, await LoginAsync(server, direct, []));
        Assert.Equal(HttpStatusCode.BadRequest, await LoginAsync(server, through, []));
        Assert.Equal(HttpStatusCode.BadRequest, await LoginAsync(server, foreign, [stranger.Certificate]));
        Assert.Equal(HttpStatusCode.BadRequest, (await server.Api.WriteAsync("auth/cert/login", Nothing)).Status);
        // The token is good on a connection without a certificate, but is not renewed there.
        (await server.Api.ReadAsync("auth/token/lookup-self", token)).Good();
        Assert.Equal(HttpStatusCode.BadRequest, (await server.Api.WriteAsync("auth/token/renew-self", Nothing, token)).Status);
    }

    [Fact]
    public async Task A_header_is_no_certificate()
    {
        using var authority = TestAuthority.Create("clients");
        using var client = authority.IssueClient("app");
        await using var server = await ReadyAsync(authority);
        using var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = Trust(server) } };
        using var http = new HttpClient(handler);
        string[] headers = ["X-Forwarded-Client-Cert", "X-Client-Cert", "X-SSL-Cert", "X-SSL-Client-Cert", "ssl-client-cert", "X-ARR-ClientCert", "Client-Cert"];
        foreach (var header in headers)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, "/v1/auth/cert/login"));
            request.Headers.TryAddWithoutValidation(header, Convert.ToBase64String(client.RawData));
            request.Headers.TryAddWithoutValidation("X-Vault-Request", "true");
            using var response = await http.SendAsync(request);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        }
    }

    [Fact]
    public async Task Over_http_2_the_certificate_is_the_connections_as_well()
    {
        using var authority = TestAuthority.Create("clients");
        using var client = authority.IssueClient("app");
        await using var server = await ReadyAsync(authority);
        using var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = Trust(server),
                ClientCertificateContext = SslStreamCertificateContext.Create(client, [], offline: true),
            },
        };
        using var http = new HttpClient(handler)
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var content = new StringContent("{}");
        using var response = await http.PostAsync(new Uri(server.Address, "/v1/auth/cert/login"), content);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (response.StatusCode, response.Version));
    }

    [Fact]
    public async Task A_listener_that_asks_for_no_certificate_gets_none()
    {
        using var authority = TestAuthority.Create("clients");
        using var client = authority.IssueClient("app");
        await using var server = await ReadyAsync(authority, "tls_disable_client_certs = true");
        Assert.Equal(HttpStatusCode.BadRequest, await LoginAsync(server, client, []));
    }

    [Fact]
    public async Task Behind_authorities_of_the_listener_the_method_still_judges()
    {
        using var authority = TestAuthority.Create("clients");
        using var other = TestAuthority.Create("others");
        using var client = authority.IssueClient("app");
        using var foreign = other.IssueClient("app");
        await using var server = KistServer.Create(new ServerOptions { Tls = true, ListenerSettings = "tls_client_ca_file = \"clients.pem\"" });
        await File.WriteAllTextAsync(
            Path.Combine(server.Home, "clients.pem"), authority.Certificate.ExportCertificatePem() + "\n" + other.Certificate.ExportCertificatePem());
        await server.StartAsync();
        await MountAsync(server, authority);
        Assert.Equal(HttpStatusCode.OK, await LoginAsync(server, client, []));
        Assert.Equal(HttpStatusCode.BadRequest, await LoginAsync(server, foreign, []));
    }

    [Fact]
    public async Task Settings_of_a_listener_that_contradict_each_other_are_named_at_start()
    {
        await using var server = KistServer.Create(new ServerOptions
        {
            Tls = true,
            ListenerSettings = "tls_client_ca_file = \"clients.pem\"\n  tls_disable_client_certs = true",
        });
        server.Launch();
        Assert.True(await server.Process.EndsWithinAsync(TimeSpan.FromSeconds(15), default), server.Process.Output);
        Assert.Contains("tls_disable_client_certs contradicts", server.Process.Output);
    }

    private static async Task<KistServer> ReadyAsync(TestAuthority authority, string listener = "")
    {
        var server = await KistServer.StartAsync(new ServerOptions { Tls = true, ListenerSettings = listener });
        try
        {
            await MountAsync(server, authority);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private static async Task MountAsync(KistServer server, TestAuthority authority)
    {
        await server.InitializeAsync();
        (await server.Api.WriteAsync("sys/auth/cert", new { type = "cert" })).Good();
        (await server.Api.WriteAsync("auth/cert/certs/web", new { certificate = authority.Certificate.ExportCertificatePem(), token_ttl = "1h" })).Good();
    }

    private static async Task<HttpStatusCode> LoginAsync(KistServer server, X509Certificate2 client, X509Certificate2Collection others)
    {
        using var api = new ApiClient(server.Address, server.AuthorityFile, SslStreamCertificateContext.Create(client, others, offline: true));
        return (await api.WriteAsync("auth/cert/login", new { name = "web" })).Status;
    }

    private static X509ChainPolicy Trust(KistServer server)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(server.AuthorityFile!));
        return trust;
    }
}
