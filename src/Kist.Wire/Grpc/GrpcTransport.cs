using System.Net.Sockets;

namespace Kist.Wire.Grpc;

/// <summary>Makes the HTTP/2 handler of a channel.</summary>
internal static class GrpcTransport
{
    /// <summary>What requests to <paramref name="address"/> are addressed to. A Unix socket has no name of its own: servers expect <c>localhost</c>.</summary>
    /// <exception cref="ArgumentException">The address has another scheme, or a Unix socket no path.</exception>
    public static Uri Root(Uri address) => address switch
    {
        { IsAbsoluteUri: true, Scheme: "http" or "https" } => new Uri(address.GetLeftPart(UriPartial.Authority)),
        { IsAbsoluteUri: true, Scheme: "unix", AbsolutePath.Length: > 1 } => new Uri("http://localhost"),
        _ => throw new ArgumentException($"{address} is none of https://host:port, http://host:port and unix:///path", nameof(address)),
    };

    public static SocketsHttpHandler Create(GrpcChannelOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            ConnectTimeout = options.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = options.KeepAliveDelay,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingTimeout = options.KeepAliveTimeout,
            UseCookies = false,
            UseProxy = false,
        };
        if (options.Address.Scheme == "unix")
            handler.ConnectCallback = (_, cancellation) => ConnectAsync(SocketPath(options.Address), cancellation);
        else if (options.Tls is { } tls)
            handler.SslOptions = tls;
        return handler;
    }

    // A leading zero byte is how the system knows the abstract namespace.
    private static string SocketPath(Uri address)
    {
        var path = Uri.UnescapeDataString(address.AbsolutePath);
        return path.StartsWith("/@", StringComparison.Ordinal) ? "\0" + path[2..] : path;
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
