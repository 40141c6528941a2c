using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Kist.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Kist.Bench;

/// <summary>The yardstick of reads: Kestrel without routing, middleware or logs that answers each request with the same bytes.</summary>
internal static class BareServer
{
    /// <summary>Starts one in a process of its own, which answers with the bytes of a file.</summary>
    public static async Task<KistProcess> StartAsync(Uri address, string bodyFile)
    {
        var port = address.Port.ToString(CultureInfo.InvariantCulture);
        var server = KistProcess.Start(BuiltProgram.Start(Environment.ProcessPath!, ["bare", port, bodyFile]));
        await ListensAsync(address);
        return server;
    }

    public static async Task RunAsync(int port, byte[] body)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port, options => options.Protocols = HttpProtocols.Http1);
        });
        await using var app = builder.Build();
        app.Run(async context =>
        {
            var response = context.Response;
            response.StatusCode = StatusCodes.Status200OK;
            response.ContentType = "application/json";
            response.Headers.CacheControl = "no-store";
            response.ContentLength = body.Length;
            await response.BodyWriter.WriteAsync(body);
        });
        await app.RunAsync();
    }

    private static async Task ListensAsync(Uri address)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(address.Host, address.Port);
                return;
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(10))
            {
                await Task.Delay(20);
            }
        }
    }
}
