using System.Globalization;
using Google.Protobuf;

namespace Kist.Wire.Grpc.Server;

/// <summary>Answers a call of a method.</summary>
/// <param name="request">The request.</param>
/// <param name="call">Metadata and deadline.</param>
/// <param name="cancellationToken">Cancelled when the client is gone or its deadline past; the client then waits no longer.</param>
/// <exception cref="GrpcException">Ends the call with its status.</exception>
public delegate ValueTask<TResponse> GrpcHandler<in TRequest, TResponse>(TRequest request, GrpcServerCall call, CancellationToken cancellationToken);

/// <summary>
/// Serves unary gRPC methods over the HTTP/2 of a web server. Every call ends with a status in the trailers, whatever its request or its handler
/// does. Add all methods first, then serve from as many threads as needed.
/// </summary>
public sealed class GrpcServer(GrpcServerOptions options)
{
    private static readonly KeyValuePair<string, string> ContentType = new("content-type", GrpcNames.ContentType);
    private static readonly KeyValuePair<string, string> AcceptEncoding = new(GrpcNames.AcceptEncoding, GrpcNames.Identity);

    private readonly Dictionary<string, GrpcEndpoint> endpoints = new(StringComparer.Ordinal);

    /// <summary>Adds a method.</summary>
    /// <exception cref="ArgumentException">It is there already.</exception>
    public GrpcServer Unary<TRequest, TResponse>(GrpcMethod<TRequest, TResponse> method, GrpcHandler<TRequest, TResponse> handler)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        endpoints.Add(method.Path, new GrpcEndpoint<TRequest, TResponse>(handler));
        return this;
    }

    /// <summary>Answers one request; never throws for what a client or a handler does.</summary>
    public async Task HandleAsync(IGrpcExchange exchange)
    {
        if (exchange.Verb != "POST")
        {
            exchange.Begin(405, new KeyValuePair<string, string>("allow", "POST"));
            return;
        }
        if (!GrpcNames.IsGrpc(exchange.Header("content-type")))
        {
            exchange.Begin(415);
            return;
        }
        exchange.Begin(200, ContentType, AcceptEncoding);
        var (status, detail) = await AnswerAsync(exchange);
        exchange.Trailer(GrpcNames.Status, ((int)status).ToString(CultureInfo.InvariantCulture));
        if (detail.Length > 0)
            exchange.Trailer(GrpcNames.Message, GrpcText.Encode(detail));
    }

    private async Task<(GrpcStatusCode Status, string Detail)> AnswerAsync(IGrpcExchange exchange)
    {
        if (!endpoints.TryGetValue(exchange.Path, out var endpoint))
            return (GrpcStatusCode.Unimplemented, $"there is no method {exchange.Path}");
        if (exchange.Header(GrpcNames.Encoding) is { } encoding && encoding != GrpcNames.Identity)
            return (GrpcStatusCode.Unimplemented, $"messages in the encoding \"{encoding}\" are not read");
        if (!TryGetTimeout(exchange, out var timeout))
            return (GrpcStatusCode.Internal, $"the header {GrpcNames.Timeout} is malformed");
        using var deadline = GrpcTimeout.Timer(timeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, exchange.Aborted);
        using var call = new GrpcServerCall(exchange, timeout);
        try
        {
            var response = await endpoint.RunAsync(exchange, call, options, either.Token);
            either.Token.ThrowIfCancellationRequested();
            GrpcFrame.Write(response, exchange.Response);
            return (GrpcStatusCode.Ok, "");
        }
        catch (GrpcException e)
        {
            return (e.Status, e.Detail);
        }
        catch (Exception e)
        {
            return Meaning(e, exchange, deadline.IsCancellationRequested);
        }
    }

    private (GrpcStatusCode Status, string Detail) Meaning(Exception fault, IGrpcExchange exchange, bool late)
    {
        if (late && fault is OperationCanceledException)
            return (GrpcStatusCode.DeadlineExceeded, "the time that the client gave ran out");
        if (exchange.Aborted.IsCancellationRequested)
            return (GrpcStatusCode.Cancelled, "the client is gone");
        options.OnFault(exchange.Path, fault);
        return (GrpcStatusCode.Internal, "the server failed");
    }

    private static bool TryGetTimeout(IGrpcExchange exchange, out TimeSpan? timeout)
    {
        timeout = null;
        if (exchange.Header(GrpcNames.Timeout) is not { } text)
            return true;
        var read = GrpcTimeout.TryParse(text, out var value);
        timeout = value;
        return read;
    }
}
