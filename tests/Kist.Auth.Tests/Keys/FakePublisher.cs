using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kist.Auth.Tests.Keys;

/// <summary>A web server of the machine's own that publishes what a test puts there, and counts who asks.</summary>
public sealed class FakePublisher : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly ConcurrentDictionary<string, string> documents = new(StringComparer.Ordinal);
    private readonly Task serving;
    private int asked;

    public FakePublisher()
    {
        Address = $"http://127.0.0.1:{FreePort()}";
        listener.Prefixes.Add(Address + "/");
        listener.Start();
        serving = ServeAsync();
    }

    public string Address { get; }

    /// <summary>How many requests came.</summary>
    public int Asked => Volatile.Read(ref asked);

    /// <summary>While true, it answers with an error.</summary>
    public bool IsDown { get; set; }

    /// <summary>While set and not completed, it does not answer at all.</summary>
    public TaskCompletionSource? HangUntil { get; set; }

    public void Publish(string path, string document) => documents[path] = document;

    public async ValueTask DisposeAsync()
    {
        listener.Close();
        await serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
                await AnswerAsync(await listener.GetContextAsync());
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        Interlocked.Increment(ref asked);
        context.Response.StatusCode = 404;
        if (HangUntil is { } hangs)
            await hangs.Task;
        if (IsDown)
        {
            context.Response.StatusCode = 503;
        }
        else if (documents.TryGetValue(context.Request.Url!.AbsolutePath, out var document))
        {
            context.Response.StatusCode = 200;
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(document));
        }
        context.Response.Close();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
