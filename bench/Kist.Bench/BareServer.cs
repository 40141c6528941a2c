using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Kist.Bench;

/// <summary>The yardstick of reads: Kestrel without routing, middleware or logs that answers each request with the same bytes.</summary>
internal static class BareServer
{
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
}
