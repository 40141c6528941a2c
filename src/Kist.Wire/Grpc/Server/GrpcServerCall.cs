namespace Kist.Wire.Grpc.Server;

/// <summary>What a handler may know of its call beside the request.</summary>
public sealed class GrpcServerCall : IDisposable
{
    private volatile IGrpcExchange? exchange;

    internal GrpcServerCall(IGrpcExchange exchange, TimeSpan? timeout)
    {
        this.exchange = exchange;
        Timeout = timeout;
    }

    /// <summary>The time the client gives the call, counted from its arrival; null for none.</summary>
    public TimeSpan? Timeout { get; }

    /// <summary>Metadata that the client sent, by its lower-case name; null for none. Base64 where the name ends in <c>-bin</c>.</summary>
    public string? Metadata(string name) => exchange?.Header(name);

    /// <summary>
    /// The call has ended. The web server uses its request anew, whose metadata a handler that goes on must not take for its own.
    /// </summary>
    public void Dispose() => exchange = null;
}
