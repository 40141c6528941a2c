using System.IO.Pipelines;
using Kist.Wire.Http2;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Kist.Api.Grpc;

/// <summary>
/// Lets a listener take whatever <c>:authority</c> a client sends. Kestrel refuses what is no host name, and API servers before Kubernetes 1.32 send the
/// path of the socket. Only for listeners where the name means nothing, such as Unix sockets, and that speak HTTP/2 alone.
/// </summary>
public static class AnyAuthority
{
    /// <summary>Puts the front before <paramref name="listen"/>'s HTTP/2.</summary>
    public static void AcceptAnyAuthority(this ListenOptions listen) => listen.Use(next => connection => RunAsync(connection, next));

    private static async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var original = connection.Transport;
        // The server's loop runs where the bytes arrive: a hop to another thread for each frame would cost more than the rewriting.
        var pipe = new Pipe(new PipeOptions(readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        connection.Transport = new Rewritten(pipe.Reader, original.Output);
        var pump = PumpAsync(original.Input, pipe.Writer);
        try
        {
            await next(connection);
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
            original.Input.CancelPendingRead();
            await pump;
            connection.Transport = original;
        }
    }

    private static async Task PumpAsync(PipeReader input, PipeWriter output)
    {
        var rewriter = new AuthorityRewriter();
        Exception? fault = null;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync();
                var taken = rewriter.Rewrite(read.Buffer, output);
                input.AdvanceTo(taken, read.Buffer.End);
                var flushed = await output.FlushAsync();
                if (rewriter.IsBroken || read.IsCompleted || read.IsCanceled || flushed.IsCompleted || flushed.IsCanceled)
                    break;
            }
        }
        catch (Exception e)
        {
            // The server learns of it as of any connection that broke.
            fault = e;
        }
        await output.CompleteAsync(fault);
    }

    private sealed record Rewritten(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
