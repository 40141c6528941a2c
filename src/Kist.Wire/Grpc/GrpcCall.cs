using Google.Protobuf;

namespace Kist.Wire.Grpc;

/// <summary>A call from its request's headers to its response's trailers.</summary>
internal sealed class GrpcCall<TResponse> : IDisposable
    where TResponse : class, IMessage<TResponse>, new()
{
    private readonly HttpRequestMessage request;
    private readonly MessageParser<TResponse> parser;
    private readonly int maxReceiveBytes;
    private readonly CancellationToken caller;
    private readonly CancellationTokenSource deadline;
    private readonly CancellationTokenSource lifetime;
    private readonly Task<HttpResponseMessage> sending;
    private Stream? body;

    public GrpcCall(
        HttpMessageInvoker invoker, HttpRequestMessage request, MessageParser<TResponse> parser, GrpcCallOptions options, TimeProvider time, CancellationToken caller)
    {
        this.request = request;
        this.parser = parser;
        this.caller = caller;
        maxReceiveBytes = options.MaxReceiveBytes;
        deadline = GrpcTimeout.Timer(options.Timeout, time);
        lifetime = CancellationTokenSource.CreateLinkedTokenSource(caller, deadline.Token);
        sending = invoker.SendAsync(request, lifetime.Token);
    }

    /// <summary>Ends when the response has begun or the call has failed; never throws by itself.</summary>
    public Task Begun => sending;

    /// <summary>The next message, or null after the last one of a call that ended well.</summary>
    public async ValueTask<TResponse?> ReadAsync()
    {
        try
        {
            var response = await sending;
            body ??= await OpenAsync(response);
            var message = await GrpcFrame.ReadAsync(body, parser, maxReceiveBytes, lifetime.Token);
            if (message is null)
                GrpcStatusReader.CheckTrailers(response);
            return message;
        }
        catch (Exception e) when (e is not GrpcException)
        {
            throw Explain(e);
        }
    }

    /// <summary>What a fault below means for the caller.</summary>
    public Exception Explain(Exception fault)
    {
        if (fault is OperationCanceledException or IOException or HttpRequestException or ObjectDisposedException)
        {
            if (caller.IsCancellationRequested)
                return new OperationCanceledException("the call was cancelled", fault, caller);
            if (deadline.IsCancellationRequested)
                return new GrpcException(GrpcStatusCode.DeadlineExceeded, "the call's time ran out", GrpcOrigin.Local, fault);
        }
        return GrpcFaults.Explain(fault);
    }

    /// <summary>Ends the call, which tells the server when it still runs.</summary>
    public void Dispose()
    {
        lifetime.Cancel();
        _ = sending.ContinueWith(CleanUp, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        lifetime.Dispose();
        deadline.Dispose();
    }

    private void CleanUp(Task<HttpResponseMessage> sent)
    {
        // Looked at, so that the failure of a call that nobody waits for is not reported as unobserved.
        if (sent.Exception is null && !sent.IsCanceled)
            sent.Result.Dispose();
        request.Dispose();
    }

    private async ValueTask<Stream> OpenAsync(HttpResponseMessage response)
    {
        GrpcStatusReader.CheckHeaders(response);
        return await response.Content.ReadAsStreamAsync(lifetime.Token);
    }
}
