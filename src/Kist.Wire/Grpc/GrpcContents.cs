using System.Net;
using Google.Protobuf;

namespace Kist.Wire.Grpc;

/// <summary>The request side of a call with one message.</summary>
internal sealed class GrpcMessageContent(IMessage message) : HttpContent
{
    // Not from a pool: the transport may still be sending when the call has ended.
    private readonly byte[] frame = GrpcFrame.Write(message);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(frame, cancellationToken).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>The request side of a call with many messages: lends the transport's stream to the caller until completed.</summary>
internal sealed class GrpcStreamContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The stream, once the request's headers are sent.</summary>
    public Task<Stream> Opened => opened.Task;

    /// <summary>No message follows.</summary>
    public void Complete() => completed.TrySetResult();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            // Sends the headers, so that a server that speaks first can.
            await stream.FlushAsync(cancellationToken);
        }
        catch (Exception e)
        {
            // The transport learns of it too, and the call ends by it.
            opened.TrySetException(e);
            throw;
        }
        opened.TrySetResult(stream);
        await completed.Task.WaitAsync(cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        opened.TrySetCanceled();
        base.Dispose(disposing);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
