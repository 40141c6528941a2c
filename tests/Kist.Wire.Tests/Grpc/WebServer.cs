using System.Net;
using System.Security.Cryptography.X509Certificates;
using Kist.Harness;
using Kist.Wire.Grpc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Kist.Wire.Tests.Grpc;

/// <summary>A Kestrel that speaks HTTP/2 on a Unix socket and on loopback without and with TLS, the latter to clients with a certificate alone.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly WebApplication application;
    private readonly string home = Directory.CreateTempSubdirectory("kist-web-").FullName;

    private WebServer(RequestDelegate answer)
    {
        Certificates = TestCertificates.Create(home);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureEndpointDefaults(o => o.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, Plain.Port);
            kestrel.Listen(IPAddress.Loopback, Tls.Port, o => o.UseHttps(Demanding(Certificates)));
            kestrel.ListenUnixSocket(Socket);
        });
        application = builder.Build();
        application.Run(answer);
    }

    public TestCertificates Certificates { get; }

    public Uri Plain { get; } = KistServer.FreeAddress();

    public Uri Tls { get; } = KistServer.FreeAddress(tls: true);

    public string Socket => Path.Combine(home, "web.sock");

    public static async Task<WebServer> StartAsync(RequestDelegate answer)
    {
        var server = new WebServer(answer);
        await server.application.StartAsync();
        return server;
    }

    /// <summary>A channel over HTTP/2 without TLS.</summary>
    public GrpcChannel Channel() => new(new GrpcChannelOptions { Address = Plain });

    public async ValueTask DisposeAsync()
    {
        // Without patience: a test may leave calls open.
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await application.StopAsync(now.Token);
        await application.DisposeAsync();
        Directory.Delete(home, recursive: true);
    }

    private static HttpsConnectionAdapterOptions Demanding(TestCertificates files)
    {
        var authority = X509CertificateLoader.LoadCertificateFromFile(files.AuthorityFile);
        return new HttpsConnectionAdapterOptions
        {
            ServerCertificate = X509Certificate2.CreateFromPemFile(files.CertificateFile, files.KeyFile),
            ClientCertificateMode = ClientCertificateMode.RequireCertificate,
            ClientCertificateValidation = (certificate, _, _) => certificate.Issuer == authority.Subject,
        };
    }
}
