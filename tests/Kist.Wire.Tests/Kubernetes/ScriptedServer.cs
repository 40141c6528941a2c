using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Kist.Wire.Kubernetes.Config;

namespace Kist.Wire.Tests.Kubernetes;

/// <summary>A server that says what it is told to, one answer a connection: for what a real one does too seldom.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> answers;
    private readonly ConcurrentQueue<string> requests = [];
    private readonly CancellationTokenSource ending = new();

    /// <summary>Gives these answers, in order; an empty one breaks the connection once the request has come.</summary>
    public ScriptedServer(params string[] answers)
    {
        this.answers = new ConcurrentQueue<string>(answers);
        listener.Start();
        _ = ServeAsync();
    }

    /// <summary>How to reach it.</summary>
    public KubeConnection Connection => new() { Server = new Uri($"http://{listener.LocalEndpoint}/") };

    /// <summary>What came, each with its head.</summary>
    public IReadOnlyList<string> Requests => [.. requests];

    /// <summary>The first lines of what came.</summary>
    public IReadOnlyList<string> Lines => [.. requests.Select(r => r.Split('\r')[0].Replace(" HTTP/1.1", "", StringComparison.Ordinal))];

    /// <summary>An answer.</summary>
    public static string Answer(int status, string body, string header = "X-None: 1") =>
        $"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nConnection: close\r\n{header}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public void Dispose()
    {
        ending.Cancel();
        listener.Dispose();
        ending.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(ending.Token);
                requests.Enqueue(await ReadAsync(client.GetStream()));
                if (answers.TryDequeue(out var answer) && answer.Length > 0)
                    await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(answer), ending.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task<string> ReadAsync(NetworkStream stream)
    {
        var buffer = new byte[64 * 1024];
        var filled = 0;
        while (true)
        {
            filled += await stream.ReadAsync(buffer.AsMemory(filled), ending.Token);
            var text = Encoding.UTF8.GetString(buffer, 0, filled);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0 && filled >= end + 4 + BodyLength(text[..end]))
                return text;
        }
    }

    private static int BodyLength(string head)
    {
        const string Name = "Content-Length: ";
        var line = head.Split("\r\n").FirstOrDefault(l => l.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        return line is null ? 0 : int.Parse(line[Name.Length..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
