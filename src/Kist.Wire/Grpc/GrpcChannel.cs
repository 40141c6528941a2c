using System.Net;
using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace Kist.Wire.Grpc;

/// <summary>
/// Calls to one server, over HTTP/2 connections that are made when needed. Safe for many threads. Calls end by a <see cref="GrpcException"/>, or by
/// <see cref="OperationCanceledException"/> when the caller cancelled.
/// </summary>
public sealed class GrpcChannel : IDisposable
{
    private readonly GrpcChannelOptions options;
    private readonly Uri root;
    private readonly HttpMessageInvoker invoker;

    /// <summary>Makes a channel; connects with the first call.</summary>
    /// <exception cref="ArgumentException">The address is of no kind that is known.</exception>
    public GrpcChannel(GrpcChannelOptions options)
    {
        this.options = options;
        root = GrpcTransport.Root(options.Address);
        invoker = new HttpMessageInvoker(GrpcTransport.Create(options));
    }

    /// <summary>Where the channel leads.</summary>
    public Uri Address => options.Address;

    /// <summary>One request, one response.</summary>
    public async Task<TResponse> UnaryAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, GrpcCallOptions call, CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        using var running = Start(method, new GrpcMessageContent(request), call, cancellationToken);
        var response = await running.ReadAsync()
            ?? throw new GrpcException(GrpcStatusCode.Internal, "the server answered success without a message", GrpcOrigin.Local);
        return await running.ReadAsync() is null
            ? response
            : throw new GrpcException(GrpcStatusCode.Internal, "the server answered one request with several messages", GrpcOrigin.Local);
    }

    /// <summary>One request, many responses. Ending the enumeration ends the call.</summary>
    public async IAsyncEnumerable<TResponse> StreamAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, GrpcCallOptions call, [EnumeratorCancellation] CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        using var running = Start(method, new GrpcMessageContent(request), call, cancellationToken);
        while (await running.ReadAsync() is { } response)
            yield return response;
    }

    /// <summary>Requests and responses both ways, until disposed of.</summary>
    /// <param name="method">The method.</param>
    /// <param name="call">Deadline, metadata and bounds.</param>
    /// <param name="cancellationToken">Ends the whole call.</param>
    public GrpcDuplexCall<TRequest, TResponse> Open<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, GrpcCallOptions call, CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var requests = new GrpcStreamContent();
        return new GrpcDuplexCall<TRequest, TResponse>(requests, Start(method, requests, call, cancellationToken));
    }

    /// <summary>Ends all calls and connections.</summary>
    public void Dispose() => invoker.Dispose();

    private GrpcCall<TResponse> Start<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, HttpContent content, GrpcCallOptions call, CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(root, method.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        content.Headers.TryAddWithoutValidation("content-type", GrpcNames.ContentType);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("user-agent", "grpc-kist");
        request.Headers.TryAddWithoutValidation(GrpcNames.AcceptEncoding, GrpcNames.Identity);
        if (call.Timeout is { } timeout)
            request.Headers.TryAddWithoutValidation(GrpcNames.Timeout, GrpcTimeout.Format(timeout));
        foreach (var (name, value) in call.Metadata)
            request.Headers.TryAddWithoutValidation(name, value);
        return new GrpcCall<TResponse>(invoker, request, GrpcMethod<TRequest, TResponse>.Responses, call, options.Time, cancellationToken);
    }
}
