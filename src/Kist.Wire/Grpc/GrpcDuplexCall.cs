using Google.Protobuf;

namespace Kist.Wire.Grpc;

/// <summary>A call with messages both ways. One writer and one reader at a time; disposing of it ends the call.</summary>
/// <typeparam name="TRequest">What is sent.</typeparam>
/// <typeparam name="TResponse">What is received.</typeparam>
public sealed class GrpcDuplexCall<TRequest, TResponse> : IDisposable
    where TRequest : class, IMessage<TRequest>, new()
    where TResponse : class, IMessage<TResponse>, new()
{
    private readonly GrpcStreamContent requests;
    private readonly GrpcCall<TResponse> call;

    internal GrpcDuplexCall(GrpcStreamContent requests, GrpcCall<TResponse> call)
    {
        this.requests = requests;
        this.call = call;
    }

    /// <summary>Sends a message.</summary>
    /// <exception cref="GrpcException">The call has ended; what it ended with is what <see cref="ReadAsync"/> throws.</exception>
    public async ValueTask WriteAsync(TRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var stream = await OpenedAsync(cancellationToken);
            await stream.WriteAsync(GrpcFrame.Write(request), cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
        catch (Exception e) when (e is not GrpcException && !cancellationToken.IsCancellationRequested)
        {
            throw call.Explain(e);
        }
    }

    /// <summary>
    /// Sends a message and reads the next one, or null after the last. Of a call that has ended before the message could be sent, its end is what
    /// is told.
    /// </summary>
    public async ValueTask<TResponse?> AskAsync(TRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(request, cancellationToken);
        }
        catch (GrpcException)
        {
            // Reading tells why.
        }
        return await ReadAsync();
    }

    /// <summary>Tells the server that no message follows.</summary>
    public void Complete() => requests.Complete();

    /// <summary>The next message, or null after the last one of a call that ended well.</summary>
    public ValueTask<TResponse?> ReadAsync() => call.ReadAsync();

    /// <summary>Ends the call.</summary>
    public void Dispose()
    {
        call.Dispose();
        requests.Complete();
    }

    private async Task<Stream> OpenedAsync(CancellationToken cancellationToken)
    {
        // A call that fails before it has a connection never opens.
        await Task.WhenAny(requests.Opened, call.Begun).WaitAsync(cancellationToken);
        if (!requests.Opened.IsCompleted)
            await call.Begun;
        return await requests.Opened.WaitAsync(cancellationToken);
    }
}
