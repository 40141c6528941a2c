using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Kist.Engines.Tests.Kv.V2.Rotation;

/// <summary>A target over HTTP that notes what it is asked and answers with a status.</summary>
internal sealed class HookServer : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly Task serving;

    public HookServer()
    {
        // The listener takes no port 0: one that was free just now.
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }
        listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        listener.Start();
        serving = ServeAsync();
    }

    public int Port { get; }

    public string Base => $"http://127.0.0.1:{Port}/kist";

    /// <summary>What it was asked, with the path and the token.</summary>
    public ConcurrentQueue<(string Url, string Token, JsonElement Body)> Asked { get; } = new();

    /// <summary>Decides the status.</summary>
    public Func<JsonElement, int> OnAsked { get; set; } = static _ => 204;

    /// <summary>Where redirects lead.</summary>
    public string Location { get; set; } = "";

    /// <summary>The actions in order, with the values that were sent: <c>verify new</c>.</summary>
    public IReadOnlyList<string> Actions => [.. Asked.Select(a => Action(a.Body))];

    public static string Action(JsonElement body) => string.Join(
        ' ', new[] { body.GetProperty("action").GetString() }.Concat(((string[])["new", "old"]).Where(name => body.TryGetProperty(name, out _))));

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
            {
                var call = await listener.GetContextAsync();
                var body = (await JsonDocument.ParseAsync(call.Request.InputStream)).RootElement;
                Asked.Enqueue((call.Request.Url!.AbsolutePath, call.Request.Headers["Authorization"] ?? "", body));
                call.Response.StatusCode = OnAsked(body);
                if (Location.Length > 0)
                    call.Response.RedirectLocation = Location;
                call.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }
}
