using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Client.Settings;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Transport;

public sealed class HttpTransportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task A_unix_socket_carries_requests()
    {
        var path = folder.At("kist.sock");
        await using var server = CannedServer.OnSocket(path);
        Assert.True((await ReadAsync(new ClientSettings { Address = ServerAddress.Parse($"unix://{path}") })).Succeeded);
        Assert.StartsWith("GET /v1/sys/health HTTP/1.1\r\n", server.Request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_of_a_trusted_authority_is_accepted()
    {
        using var certificate = Certificate("127.0.0.1");
        await using var server = CannedServer.OnTcp(certificate);
        var ca = folder.File("ca.pem", certificate.ExportCertificatePem());
        Assert.True((await ReadAsync(Tls(server, new TlsSettings { CaCertificate = ca }))).Succeeded);
        Assert.True((await ReadAsync(Tls(server, new TlsSettings { CaPath = folder.Path }))).Succeeded);
    }

    [Fact]
    public async Task A_certificate_of_an_unknown_authority_is_refused_before_the_token_is_sent()
    {
        using var certificate = Certificate("127.0.0.1");
        await using var server = CannedServer.OnTcp(certificate);
        var error = await Assert.ThrowsAsync<ConnectionException>(() => ReadAsync(Tls(server, new TlsSettings())));
        Assert.Contains("-ca-cert", error.Message);
        Assert.Equal("", server.Request);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused()
    {
        using var certificate = Certificate("10.9.8.7");
        await using var server = CannedServer.OnTcp(certificate);
        var ca = folder.File("ca.pem", certificate.ExportCertificatePem());
        var error = await Assert.ThrowsAsync<ConnectionException>(() => ReadAsync(Tls(server, new TlsSettings { CaCertificate = ca })));
        Assert.Contains("another name", error.Message);
        Assert.Equal("", server.Request);
    }

    [Fact]
    public async Task The_server_name_setting_says_which_name_to_expect()
    {
        using var certificate = Certificate("vault.example");
        await using var server = CannedServer.OnTcp(certificate);
        var ca = folder.File("ca.pem", certificate.ExportCertificatePem());
        Assert.True((await ReadAsync(Tls(server, new TlsSettings { CaCertificate = ca, ServerName = "vault.example" }))).Succeeded);
    }

    [Fact]
    public async Task Skipping_verification_accepts_any_certificate()
    {
        using var certificate = Certificate("elsewhere.example");
        await using var server = CannedServer.OnTcp(certificate);
        Assert.True((await ReadAsync(Tls(server, new TlsSettings { SkipVerify = true }))).Succeeded);
    }

    [Fact]
    public async Task A_redirection_to_tls_trusts_the_authority_that_was_set_and_no_other()
    {
        using var certificate = Certificate("127.0.0.1");
        await using var secure = CannedServer.OnTcp(certificate);
        await using var plain = CannedServer.Redirecting($"https://127.0.0.1:{secure.Port}/v1/sys/health");
        var settings = new ClientSettings { Address = ServerAddress.Parse($"http://127.0.0.1:{plain.Port}") };
        var error = await Assert.ThrowsAsync<ConnectionException>(() => ReadAsync(settings));
        Assert.Contains("-ca-cert", error.Message);
        Assert.Equal("", secure.Request);
        var ca = folder.File("ca.pem", certificate.ExportCertificatePem());
        Assert.True((await ReadAsync(settings with { Tls = new TlsSettings { CaCertificate = ca } })).Succeeded);
        Assert.NotEqual("", secure.Request);
    }

    [Fact]
    public async Task A_client_certificate_is_shown_to_the_server()
    {
        using var certificate = Certificate("127.0.0.1");
        await using var server = CannedServer.OnTcp(certificate);
        await ReadAsync(Tls(server, WriteClient("me.example") with { CaCertificate = folder.File("ca.pem", certificate.ExportCertificatePem()) }));
        Assert.Equal("CN=me.example", server.ClientSubject);
    }

    [Fact]
    public async Task A_client_certificate_that_was_replaced_is_shown_by_new_connections()
    {
        using var certificate = Certificate("127.0.0.1");
        await using var server = CannedServer.OnTcp(certificate);
        var tls = WriteClient("one.example") with { CaCertificate = folder.File("ca.pem", certificate.ExportCertificatePem()) };
        using var client = new KistClient(Tls(server, tls), TimeProvider.System);
        await ReadAsync(client);
        var key = await File.ReadAllTextAsync(tls.ClientKey!);
        WriteClient("two.example");
        var next = await File.ReadAllTextAsync(tls.ClientKey!);
        // Its key is not there yet.
        await File.WriteAllTextAsync(tls.ClientKey!, key);
        await ReadAsync(client);
        Assert.Equal("CN=one.example", server.ClientSubject);
        await File.WriteAllTextAsync(tls.ClientKey!, next);
        await ReadAsync(client);
        Assert.Equal("CN=two.example", server.ClientSubject);
    }

    [Fact]
    public async Task A_client_certificate_that_is_fixed_is_shown_to_the_end()
    {
        using var certificate = Certificate("127.0.0.1");
        await using var server = CannedServer.OnTcp(certificate);
        var tls = WriteClient("one.example") with { CaCertificate = folder.File("ca.pem", certificate.ExportCertificatePem()) };
        using var client = new KistClient(Tls(server, tls with { IsClientCertificateFixed = true }), TimeProvider.System);
        await ReadAsync(client);
        WriteClient("two.example");
        await ReadAsync(client);
        Assert.Equal("CN=one.example", server.ClientSubject);
    }

    [Fact]
    public async Task Tls_to_a_plain_server_says_so()
    {
        await using var server = CannedServer.OnTcp();
        var error = await Assert.ThrowsAsync<ConnectionException>(() => ReadAsync(Tls(server, new TlsSettings())));
        Assert.Contains("http://", error.Message);
    }

    [Fact]
    public async Task Plain_text_to_a_tls_server_says_so()
    {
        using var certificate = Certificate("127.0.0.1");
        await using var server = CannedServer.OnTcp(certificate);
        var settings = new ClientSettings { Address = ServerAddress.Parse($"http://127.0.0.1:{server.Port}") };
        Assert.Contains("https://", (await Assert.ThrowsAsync<ConnectionException>(() => ReadAsync(settings))).Message);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up()
    {
        await using var server = CannedServer.OnTcp(silent: true);
        var address = ServerAddress.Parse($"http://127.0.0.1:{server.Port}");
        var settings = new ClientSettings { Address = address, Timeout = TimeSpan.FromMilliseconds(200) };
        var error = await Assert.ThrowsAsync<ConnectionException>(() => ReadAsync(settings));
        Assert.Contains("0.2 seconds", error.Message);
        Assert.False(error.NothingSent);
    }

    [Theory]
    [InlineData("absent.pem")]
    [InlineData("garbage.pem")]
    [InlineData("empty.pem")]
    public void A_certificate_file_that_cannot_be_used_is_named(string name)
    {
        folder.File("garbage.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        folder.File("empty.pem", "");
        var settings = new ClientSettings { Tls = new TlsSettings { CaCertificate = folder.At(name) } };
        Assert.Contains(name, Assert.Throws<SettingException>(() => new KistClient(settings, TimeProvider.System)).Message);
    }

    [Fact]
    public void A_certificate_without_its_key_is_refused()
    {
        var settings = new ClientSettings { Tls = new TlsSettings { ClientCertificate = "me.pem" } };
        Assert.Contains("-client-key", Assert.Throws<SettingException>(() => new KistClient(settings, TimeProvider.System)).Message);
    }

    public void Dispose() => folder.Dispose();

    private static ClientSettings Tls(CannedServer server, TlsSettings tls) => new()
    {
        Address = ServerAddress.Parse($"https://127.0.0.1:{server.Port}"),
        Tls = tls,
        Token = new Kist.Crypto.SecretText("hvs.t"),
    };

    private static async Task<ApiResponse> ReadAsync(ClientSettings settings)
    {
        using var client = new KistClient(settings with { Retry = new RetryPolicy { MaxRetries = 0 } }, TimeProvider.System);
        return await client.SendAsync(ApiRequest.Read("sys/health"), CancellationToken.None);
    }

    private static Task<ApiResponse> ReadAsync(KistClient client) => client.SendAsync(ApiRequest.Read("sys/health"), CancellationToken.None);

    private TlsSettings WriteClient(string name)
    {
        using var mine = Certificate(name);
        using var key = mine.GetECDsaPrivateKey()!;
        return new TlsSettings
        {
            ClientCertificate = folder.File("me.pem", mine.ExportCertificatePem()),
            ClientKey = folder.File("me.key", key.ExportPkcs8PrivateKeyPem()),
        };
    }

    /// <summary>A certificate that is its own authority.</summary>
    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
            names.AddIpAddress(address);
        else
            names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
