using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kist.Harness;
using Kist.Wire.Http;

namespace Kist.Wire.Tests.Http;

/// <summary>Documents that others publish, got without being made to speak to what only the server can reach.</summary>
public sealed class DocumentFetchTests : IDisposable
{
    private readonly TestAuthority authority = TestAuthority.Create("Kist test authority");
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    public DocumentFetchTests() => listener.Start();

    private int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Dispose()
    {
        listener.Dispose();
        authority.Dispose();
    }

    [Theory]
    [InlineData("https://a.test/keys", true)]
    [InlineData("https://a.test:8443/keys?x=1", true)]
    [InlineData("http://127.0.0.1:80/", true)]
    [InlineData("http://localhost/", true)]
    [InlineData("http://[::1]/", true)]
    [InlineData("http://a.test/", false)]
    [InlineData("http://127.0.0.1.a.test/", false)]
    [InlineData("http://169.254.169.254/", false)]
    [InlineData("https://user@a.test/", false)]
    [InlineData("https://a.test/#x", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("unix:/var/run/docker.sock", false)]
    [InlineData("gopher://a.test/", false)]
    [InlineData("a.test", false)]
    [InlineData("", false)]
    public void Addresses_are_those_of_web_servers_and_without_TLS_only_the_machines_own(string address, bool good) =>
        Assert.Equal(good, DocumentFetch.CheckAddress(address) is null);

    [Theory]
    [InlineData("10.0.0.1", true)]
    [InlineData("192.168.1.1", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("fd00::1", true)]
    [InlineData("169.254.169.254", false)]
    [InlineData("169.254.0.1", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("fd00:ec2::23", false)]
    [InlineData("64:ff9b::169.254.169.254", false)]
    [InlineData("64:ff9b::127.0.0.1", true)]
    [InlineData("64:ff9b::8.8.8.8", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("ff02::1", false)]
    public void Addresses_where_clouds_give_credentials_away_are_never_asked(string address, bool allowed)
    {
        Assert.Equal(allowed, DocumentFetch.IsAllowed(IPAddress.Parse(address), plain: false));
        Assert.Equal(address == "127.0.0.1", DocumentFetch.IsAllowed(IPAddress.Parse(address), plain: true));
    }

    [Fact]
    public async Task A_document_comes_over_TLS_from_whom_the_authority_vouches_for()
    {
        var serving = AnswerOverTlsAsync("""{"keys":[]}""");
        var document = await DocumentFetch.GetAsync(new DocumentRequest(new Uri($"https://localhost:{Port}/keys")) { Authorities = [authority.Certificate] }, default);
        Assert.Equal("""{"keys":[]}""", Encoding.UTF8.GetString(document));
        Assert.StartsWith("GET /keys HTTP/1.1", await serving);
    }

    [Fact]
    public async Task Nobody_else_is_trusted()
    {
        using var other = TestAuthority.Create("other");
        foreach (X509Certificate2Collection? authorities in (X509Certificate2Collection?[])[null, [other.Certificate]])
        {
            var serving = AnswerOverTlsAsync("{}");
            var fault = await Assert.ThrowsAsync<DocumentException>(
                () => DocumentFetch.GetAsync(new DocumentRequest(new Uri($"https://localhost:{Port}/")) { Authorities = authorities }, default));
            Assert.Contains("not trusted", fault.Message);
            await Assert.ThrowsAnyAsync<Exception>(() => serving);
        }
    }

    [Fact]
    public async Task Redirects_are_not_followed() =>
        Assert.Contains("redirects are not followed", await FaultAsync("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"));

    [Fact]
    public async Task Errors_are_told_without_what_the_server_says()
    {
        var fault = await FaultAsync("HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\nsecret");
        Assert.Contains("500", fault);
        Assert.DoesNotContain("secret", fault);
        Assert.DoesNotContain("token", fault);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")]
    public async Task Large_answers_are_refused_whatever_they_announce(string head) =>
        Assert.Contains("more than 100 bytes", await FaultAsync(head + new string('x', 101) + (head.Contains("chunked") ? "\r\n0\r\n\r\n" : "")));

    [Fact]
    public async Task Slow_servers_are_left() =>
        Assert.Contains("did not answer", await FaultAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", stay: true));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nab")]
    [InlineData("SSH-2.0-OpenSSH_9\r\n")]
    [InlineData("")]
    public async Task Broken_answers_are_refused(string answer) => Assert.NotEmpty(await FaultAsync(answer));

    [Fact]
    public async Task A_server_that_is_not_there_is_told()
    {
        listener.Stop();
        var fault = await Assert.ThrowsAsync<DocumentException>(() => DocumentFetch.GetAsync(new DocumentRequest(new Uri("http://127.0.0.1:1/")), default));
        Assert.Contains("cannot be reached", fault.Message);
        fault = await Assert.ThrowsAsync<DocumentException>(() => DocumentFetch.GetAsync(new DocumentRequest(new Uri("https://169.254.169.254/")), default));
        Assert.Contains("never asked", fault.Message);
    }

    private async Task<string> FaultAsync(string answer, bool stay = false)
    {
        var left = new TaskCompletionSource();
        var serving = Task.Run(async () =>
        {
            using var socket = await listener.AcceptSocketAsync();
            await using var stream = new NetworkStream(socket);
            _ = await ReadHeadAsync(stream);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
            if (stay)
                await left.Task;
        });
        var request = new DocumentRequest(new Uri($"http://127.0.0.1:{Port}/keys?token=1"))
        {
            MaxBytes = 100,
            Timeout = stay ? TimeSpan.FromMilliseconds(300) : TimeSpan.FromSeconds(30),
        };
        var fault = await Assert.ThrowsAsync<DocumentException>(() => DocumentFetch.GetAsync(request, default));
        left.SetResult();
        await serving;
        return fault.Message;
    }

    private async Task<string> AnswerOverTlsAsync(string document)
    {
        using var socket = await listener.AcceptSocketAsync();
        await using var tls = new SslStream(new NetworkStream(socket));
        using var certificate = authority.IssueServer();
        await tls.AuthenticateAsServerAsync(certificate);
        var head = await ReadHeadAsync(tls);
        await tls.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {document.Length}\r\n\r\n{document}"));
        return head;
    }

    private static async Task<string> ReadHeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var buffer = new byte[1024];
        while (!head.ToString().Contains("\r\n\r\n"))
        {
            var read = await stream.ReadAsync(buffer);
            if (read == 0)
                throw new IOException("left early");
            head.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }
        return head.ToString();
    }
}
