using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Kist.Client.Tests.Transport;

/// <summary>
/// A real socket, with TLS if a certificate is given, that answers every request with an empty object or a redirection: for what a fake handler cannot
/// show.
/// </summary>
internal sealed class CannedServer : IAsyncDisposable
{
    private readonly Socket listener;
    private readonly X509Certificate2? certificate;
    private readonly bool silent;
    private readonly string? location;
    private readonly CancellationTokenSource stop = new();
    private readonly Task serving;

    private CannedServer(EndPoint at, X509Certificate2? certificate, bool silent, string? location = null)
    {
        this.location = location;
        this.certificate = certificate;
        this.silent = silent;
        listener = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(at);
        listener.Listen();
        serving = ServeAsync();
    }

    /// <summary>The last request's head.</summary>
    public string Request { get; private set; } = "";

    /// <summary>The subject of the client's certificate, or null.</summary>
    public string? ClientSubject { get; private set; }

    public int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;

    public static CannedServer OnTcp(X509Certificate2? certificate = null, bool silent = false) =>
        new(new IPEndPoint(IPAddress.Loopback, 0), certificate, silent);

    public static CannedServer Redirecting(string location) => new(new IPEndPoint(IPAddress.Loopback, 0), null, false, location);

    public static CannedServer OnSocket(string path) => new(new UnixDomainSocketEndPoint(path), null, false);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await serving;
        stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
                await AnswerAsync(await listener.AcceptAsync(stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(Socket socket)
    {
        try
        {
            await using var plain = new NetworkStream(socket, ownsSocket: true);
            await using var stream = certificate is null ? (Stream)plain : await SecureAsync(plain);
            var buffer = new byte[16384];
            var length = await stream.ReadAsync(buffer, stop.Token);
            Request = Encoding.ASCII.GetString(buffer, 0, length);
            if (silent)
                await Task.Delay(Timeout.Infinite, stop.Token);
            var head = location is null ? "200 OK" : $"307 Temporary Redirect\r\nLocation: {location}";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {head}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"), stop.Token);
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // The client went away, as some tests want.
        }
    }

    [SuppressMessage("Security", "CA5359", Justification = "Only records which certificate the client shows.")]
    private async Task<SslStream> SecureAsync(NetworkStream plain)
    {
        var stream = new SslStream(plain);
        await stream.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, client, _, _) =>
                {
                    ClientSubject = client?.Subject;
                    return true;
                },
            },
            stop.Token);
        return stream;
    }
}
