using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kist.Wire.Tests.Grpc;

/// <summary>How a raw server ends every call: with a status in place of an answer, or not at all.</summary>
internal sealed record RawEnd(string Status, string Message);

/// <summary>An HTTP/2 server, byte by byte: it leaves clients no room for messages, and answers pings only when it answers calls.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private const int PrefaceBytes = 24;
    private const int HeaderBytes = 9;
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte Ping = 6;
    private const byte Acknowledged = 1;
    private const byte EndOfStreamAndHeaders = 1 | 4;

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly RawEnd? end;
    private readonly Task serving;

    private RawServer(RawEnd? end)
    {
        this.end = end;
        listener.Start();
        serving = ServeAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    public static RawServer Start(RawEnd? end) => new(end);

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        await serving.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    private async Task ServeAsync()
    {
        using var client = await listener.AcceptTcpClientAsync();
        var stream = client.GetStream();
        // The size of a new stream's window: none.
        await stream.WriteAsync(Frame(Settings, 0, 0, [0, 4, 0, 0, 0, 0]));
        await stream.ReadExactlyAsync(new byte[PrefaceBytes]);
        var header = new byte[HeaderBytes];
        while (await stream.ReadAtLeastAsync(header, HeaderBytes, throwOnEndOfStream: false) == HeaderBytes)
        {
            var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
            await stream.ReadExactlyAsync(payload);
            var id = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5));
            await stream.WriteAsync(Answer(header[3], header[4], id, payload));
        }
    }

    private byte[] Answer(byte kind, byte flags, int id, byte[] payload) => kind switch
    {
        Settings when (flags & Acknowledged) == 0 => Frame(Settings, Acknowledged, 0, []),
        Ping when end is not null && (flags & Acknowledged) == 0 => Frame(Ping, Acknowledged, 0, payload),
        // As grpc-go does: the end, then "send no more".
        Headers when end is not null => [.. Frame(Headers, EndOfStreamAndHeaders, id, Block(end)), .. Frame(Reset, 0, id, [0, 0, 0, 0])],
        _ => [],
    };

    // ":status: 200" by its number, then names and values in full.
    private static byte[] Block(RawEnd end) =>
        [0x88, .. Literal("content-type", "application/grpc"), .. Literal("grpc-status", end.Status), .. Literal("grpc-message", end.Message)];

    private static byte[] Literal(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private static byte[] Frame(byte kind, byte flags, int id, byte[] payload)
    {
        var frame = new byte[HeaderBytes + payload.Length];
        frame[2] = (byte)payload.Length;
        frame[3] = kind;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), id);
        payload.CopyTo(frame, HeaderBytes);
        return frame;
    }
}
