using System.Net;
using System.Net.Sockets;
using System.Text;
using Kist.Client.Agent;
using Kist.Client.Agent.Proxy;
using Kist.Client.Settings;
using Kist.Client.Tests.Fakes;
using Kist.Crypto;
using Kist.Hosting.Agent.Local;

namespace Kist.Client.Tests.Hosting.Agent;

/// <summary>A local API before a fake server, on a Unix socket or on loopback.</summary>
internal sealed class LocalApiFixture : IAsyncDisposable
{
    public const string AgentsToken = "hvs.the-agents-own-token-1234567890";

    private readonly TemporaryFolder folder;
    private readonly LocalApi api;
    private readonly AgentListenerConfig listener;

    private LocalApiFixture(TemporaryFolder folder, FakeUpstream upstream, LocalApi api, LocalApiOptions options)
    {
        this.folder = folder;
        this.api = api;
        Upstream = upstream;
        Options = options;
        listener = options.Listeners[0].Config;
        Address = listener.IsUnix ? "http://localhost" : api.Addresses[0];
        Http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            ConnectCallback = async (_, cancellation) => new NetworkStream(await ConnectAsync(cancellation), ownsSocket: true),
        })
        {
            BaseAddress = new Uri(Address),
        };
    }

    public FakeUpstream Upstream { get; }

    public LocalApiOptions Options { get; }

    public string Address { get; }

    public HttpClient Http { get; }

    public string Socket => listener.Address;

    public bool HasQuit { get; private set; }

    public static AgentListenerConfig Tcp { get; } = new() { Address = "127.0.0.1:0", TlsDisable = true };

    public static AgentListenerConfig Unix { get; } = new() { IsUnix = true, TlsDisable = true, RequireRequestHeader = false };

    public static async Task<LocalApiFixture> StartAsync(
        AgentListenerConfig listener,
        AutoAuthTokenUse use = AutoAuthTokenUse.Yes,
        string? token = AgentsToken,
        Func<LocalApiOptions, LocalApiOptions>? change = null)
    {
        var place = new TemporaryFolder();
        var upstream = await FakeUpstream.StartAsync();
        if (listener.IsUnix)
            listener = listener with { Address = place.At("agent.sock") };
        LocalApiFixture? fixture = null;
        var options = new LocalApiOptions
        {
            Listeners = [LocalListener.Create(listener, use != AutoAuthTokenUse.None)],
            Proxy = new ApiProxyConfig(use),
            Settings = new ClientSettings { Address = ServerAddress.Parse(upstream.Address) },
            Token = new AgentToken(),
            Status = new AgentStatus(TimeProvider.System),
            Log = static (_, _) => { },
            Time = TimeProvider.System,
            Quit = () => fixture!.HasQuit = true,
        };
        options = change?.Invoke(options) ?? options;
        options.Token.Set(token is null ? null : new SecretText(token));
        var started = await LocalApi.StartAsync(options, CancellationToken.None);
        return fixture = new LocalApiFixture(place, upstream, started, options);
    }

    /// <summary>Sends a request as the test says, with what listeners on loopback require.</summary>
    public async Task<(int Status, string Body, HttpResponseMessage Answer)> SendAsync(
        string method, string target, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), target);
        if (!listener.IsUnix)
            request.Headers.Add("X-Vault-Request", "true");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        var answer = await Http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer);
    }

    /// <summary>Sends bytes as they are, and answers all that comes back until the end.</summary>
    public async Task<string> RawAsync(string request)
    {
        using var socket = await ConnectAsync(CancellationToken.None);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        try
        {
            return await reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>A request line and headers on a connection that ends with it.</summary>
    public Task<string> RawAsync(string method, string target, string headers = "") =>
        RawAsync($"{method} {target} HTTP/1.1\r\nHost: localhost\r\nX-Vault-Request: true\r\nConnection: close\r\n{headers}\r\n");

    /// <summary>Renews what the cache has to renew now.</summary>
    public Task RenewDueAsync() => api.RenewDueAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await api.DisposeAsync();
        await Upstream.DisposeAsync();
        folder.Dispose();
    }

    private async ValueTask<Socket> ConnectAsync(CancellationToken cancellation)
    {
        EndPoint endPoint = listener.IsUnix ? new UnixDomainSocketEndPoint(listener.Address) : IPEndPoint.Parse(new Uri(Address).Authority);
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, listener.IsUnix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        await socket.ConnectAsync(endPoint, cancellation);
        return socket;
    }
}
