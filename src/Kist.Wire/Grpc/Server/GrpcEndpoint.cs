using Google.Protobuf;

namespace Kist.Wire.Grpc.Server;

/// <summary>A method of a server.</summary>
internal abstract class GrpcEndpoint
{
    /// <summary>Reads the request and lets the handler answer.</summary>
    public abstract ValueTask<IMessage> RunAsync(IGrpcExchange exchange, GrpcServerCall call, GrpcServerOptions options, CancellationToken cancellationToken);
}

/// <inheritdoc/>
internal sealed class GrpcEndpoint<TRequest, TResponse>(GrpcHandler<TRequest, TResponse> handler) : GrpcEndpoint
    where TRequest : class, IMessage<TRequest>, new()
    where TResponse : class, IMessage<TResponse>, new()
{
    public override async ValueTask<IMessage> RunAsync(
        IGrpcExchange exchange, GrpcServerCall call, GrpcServerOptions options, CancellationToken cancellationToken)
    {
        var request = await ReadAsync(exchange, options, cancellationToken);
        // A handler that does not look at its token must not keep a client that no longer waits.
        var answer = handler(request, call, cancellationToken).AsTask();
        try
        {
            return await answer.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!answer.IsCompleted)
        {
            _ = answer.ContinueWith(
                late => Report(late, exchange.Path, options), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }
    }

    private static async ValueTask<TRequest> ReadAsync(IGrpcExchange exchange, GrpcServerOptions options, CancellationToken cancellationToken)
    {
        var parser = GrpcMethod<TRequest, TResponse>.Requests;
        try
        {
            var request = await GrpcFrame.ReadAsync(exchange.Body, parser, options.MaxReceiveBytes, cancellationToken)
                ?? throw new GrpcException(GrpcStatusCode.Internal, "the request has no message");
            return await GrpcFrame.ReadAsync(exchange.Body, parser, options.MaxReceiveBytes, cancellationToken) is null
                ? request
                : throw new GrpcException(GrpcStatusCode.Internal, "the request has several messages, and the method takes one");
        }
        catch (IOException e)
        {
            throw new GrpcException(GrpcStatusCode.Cancelled, "the request broke off", GrpcOrigin.Broken, e);
        }
    }

    private static void Report(Task<TResponse> late, string path, GrpcServerOptions options)
    {
        var fault = late.Exception!.InnerException!;
        if (fault is not GrpcException)
            options.OnFault(path, fault);
    }
}
