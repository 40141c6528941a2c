using System.Buffers;
using Kist.Wire.Grpc.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Kist.Api.Grpc;

/// <summary>Brings requests of a web server to a <see cref="GrpcServer"/>. The listener must speak HTTP/2.</summary>
public static class GrpcRequests
{
    /// <summary>Answers <paramref name="context"/>'s request.</summary>
    public static async Task HandleAsync(HttpContext context, GrpcServer server)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            context.Response.StatusCode = StatusCodes.Status505HttpVersionNotsupported;
            return;
        }
        // Messages have a bound of their own.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        await server.HandleAsync(new Exchange(context));
    }

    private sealed class Exchange(HttpContext context) : IGrpcExchange
    {
        public string Verb => context.Request.Method;

        // As sent: methods have no characters that would be escaped.
        public string Path => context.Request.Path.Value ?? "";

        public Stream Body => context.Request.Body;

        public IBufferWriter<byte> Response => context.Response.BodyWriter;

        public CancellationToken Aborted => context.RequestAborted;

        public string? Header(string name) => context.Request.Headers.TryGetValue(name, out var values) ? values.ToString() : null;

        public void Begin(int httpStatus, params ReadOnlySpan<KeyValuePair<string, string>> headers)
        {
            context.Response.StatusCode = httpStatus;
            foreach (var (name, value) in headers)
                context.Response.Headers[name] = value;
        }

        public void Trailer(string name, string value) => context.Response.AppendTrailer(name, value);
    }
}
