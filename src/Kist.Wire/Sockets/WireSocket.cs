using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Kist.Wire.Sockets;

/// <summary>
/// A connection over TCP, and TLS on it, that carries one operation after the other. One that fails or is cancelled leaves what nobody can tell on
/// the way, so that it ends the connection.
/// </summary>
internal sealed class WireSocket : IDisposable
{
    private const int Free = 0;
    private const int Busy = 1;
    private const int Ended = 2;

    private readonly string peer;
    private Stream stream;
    private int state;

    /// <summary>On a stream that is there already.</summary>
    public WireSocket(Stream stream, string peer)
    {
        this.stream = stream;
        this.peer = peer;
    }

    /// <summary>False once an operation has failed, or after disposal.</summary>
    public bool IsUsable => Volatile.Read(ref state) != Ended;

    /// <summary>True once TLS is agreed on.</summary>
    public bool IsEncrypted => stream is SslStream;

    /// <summary>Connects, without TLS as yet.</summary>
    /// <exception cref="WireException">The server cannot be reached.</exception>
    public static async Task<WireSocket> OpenAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(host, port), cancellationToken);
            return new WireSocket(new NetworkStream(socket, ownsSocket: true), $"{host}:{port}");
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new WireException(WireFault.Unreachable, $"cannot connect to {host}:{port}: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Agrees on TLS, inside of an operation or before the first one. Nothing that came before it counts any more.</summary>
    /// <exception cref="WireException">There is no agreement.</exception>
    public async Task EncryptAsync(WireTls tls, string host, CancellationToken cancellationToken)
    {
        var encrypted = new SslStream(stream, leaveInnerStreamOpen: false);
        stream = encrypted;
        try
        {
            await encrypted.AuthenticateAsClientAsync(tls.Options(host), cancellationToken);
        }
        catch (Exception e)
            when (e is AuthenticationException or IOException or InvalidOperationException && !cancellationToken.IsCancellationRequested)
        {
            throw new WireException(WireFault.Tls, $"no TLS with {peer}: {e.Message}", e);
        }
    }

    /// <summary>Runs one operation. Whatever ends it but its result ends the connection as well.</summary>
    /// <exception cref="WireException">The connection broke, or was no longer usable.</exception>
    /// <exception cref="InvalidOperationException">Another operation is under way.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> operation, CancellationToken cancellationToken)
    {
        switch (Interlocked.CompareExchange(ref state, Busy, Free))
        {
            case Busy:
                throw new InvalidOperationException($"the connection to {peer} carries one operation at a time");
            case Ended:
                throw new WireException(WireFault.Unusable, $"the connection to {peer} has ended");
        }
        try
        {
            var result = await operation(cancellationToken);
            Interlocked.CompareExchange(ref state, Free, Busy);
            return result;
        }
        catch (Exception e)
        {
            Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (e is IOException or SocketException or ObjectDisposedException)
                throw new WireException(WireFault.Broken, $"the connection to {peer} broke: {e.Message}", e);
            throw;
        }
    }

    /// <summary>Sends bytes, inside of an operation.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(bytes, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    /// <summary>Reads what has come, at least a byte, inside of an operation.</summary>
    /// <exception cref="EndOfStreamException">The server has closed the connection.</exception>
    public async Task<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = await stream.ReadAsync(buffer, cancellationToken);
        return count > 0 ? count : throw new EndOfStreamException("the server has closed it");
    }

    /// <summary>Fills a buffer, inside of an operation.</summary>
    /// <exception cref="EndOfStreamException">The server has closed the connection.</exception>
    public async Task ReceiveExactlyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (buffer.Length > 0)
            buffer = buffer[await ReceiveAsync(buffer, cancellationToken)..];
    }

    /// <summary>What the server said is wrong; thrown inside of an operation.</summary>
    public WireException Fault(WireFault fault, string what) => new(fault, $"{peer}: {what}");

    /// <inheritdoc/>
    public void Dispose()
    {
        Volatile.Write(ref state, Ended);
        stream.Dispose();
    }
}
