using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Kist.Client.Agent;
using Kist.Hosting.Agent.Local.Cache;
using Kist.Hosting.Kms;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Kist.Hosting.Agent.Local;

/// <summary>The agent's local API behind its listeners, from start to stop.</summary>
internal sealed class LocalApi : IAsyncDisposable
{
    private const int MostConnections = 512;
    private const string ServerPrefix = "/v1/";
    private const string AgentPrefix = "/agent/v1/";

    private readonly LocalApiOptions options;
    private readonly List<PluginSocket> sockets = [];
    private readonly List<TlsMaterial> certificates = [];
    private readonly Upstream upstream;
    private readonly ProxyHandler proxy;
    private readonly AgentApi own;
    private readonly LeaseRenewal? renewal;
    private readonly WebApplication web;

    private LocalApi(LocalApiOptions options)
    {
        this.options = options;
        upstream = new Upstream(options.Settings, options.Time);
        var cache = options.Cache.Enabled ? new LeaseCache(options.Cache.MaxBytes, options.Token, options.Time) : null;
        renewal = cache is null ? null : new LeaseRenewal(cache, upstream, options.Time);
        var caching = cache is null ? null : new CachingHandler(cache, options.Status, options.Time);
        var reader = new ProxyRequestReader(options.Proxy, options.Settings, options.Token);
        proxy = new ProxyHandler(reader, upstream, options.Token, options.Status, options.Time, caching);
        own = new AgentApi(options.Status, cache, options.Quit);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "kist" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure)
            .UseSockets(transport => transport.CreateBoundListenSocket = Bind);
        builder.WebHost.UseKestrelHttpsConfiguration();
        // Streams of changes have no end of their own.
        builder.Services.Configure<HostOptions>(static o => o.ShutdownTimeout = TimeSpan.FromSeconds(2));
        web = builder.Build();
        web.Run(HandleAsync);
    }

    /// <summary>The addresses of TCP listeners, in their order.</summary>
    public IReadOnlyList<string> Addresses => [.. web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    /// <summary>Starts to listen.</summary>
    /// <exception cref="ConfigException">A socket cannot be made, or a certificate not be used.</exception>
    /// <exception cref="IOException">An address is in use or cannot be bound.</exception>
    public static async Task<LocalApi> StartAsync(LocalApiOptions options, CancellationToken cancellation)
    {
        var api = new LocalApi(options);
        try
        {
            await api.web.StartAsync(cancellation);
            return api;
        }
        catch
        {
            await api.DisposeAsync();
            throw;
        }
    }

    /// <summary>Renews what the cache keeps and takes renewed certificates over, until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var following = CertificateRenewal.FollowAsync(
            certificates, () => options.Log(AgentLogLevel.Info, "took a renewed certificate over"), LogFailedReload, options.Time, stop);
        await (renewal?.RunAsync(stop) ?? Task.Delay(Timeout.InfiniteTimeSpan, options.Time, stop));
        await following;
    }

    /// <summary>Renews what is due now.</summary>
    internal Task RenewDueAsync(CancellationToken stop) => renewal?.RenewDueAsync(stop) ?? Task.CompletedTask;

    /// <summary>Reads the listeners' certificates again. One that cannot be used leaves the last one in force.</summary>
    public void Reload()
    {
        foreach (var certificate in certificates)
        {
            try
            {
                certificate.Reload();
            }
            catch (ConfigException e)
            {
                LogFailedReload(e.Message);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await web.StopAsync(CancellationToken.None);
        await web.DisposeAsync();
        foreach (var socket in sockets)
            socket.Dispose();
        upstream.Dispose();
    }

    private void LogFailedReload(string reason) =>
        options.Log(AgentLogLevel.Error, $"reload failed, what was in force before stays so: {reason}");

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = ProxyHandler.MaxBodyBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(5);
        // Whoever reaches a listener must not take the agent's last descriptor.
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = 0;
        foreach (var listener in options.Listeners)
        {
            if (listener.EndPoint is { } endPoint)
                kestrel.Listen(endPoint, listen => Prepare(listen, listener));
            else
                kestrel.ListenUnixSocket(listener.Config.Address, listen => Prepare(listen, listener));
        }
    }

    private void Prepare(ListenOptions listen, LocalListener listener)
    {
        // One way to frame a request, and the one that clients use.
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(next => connection =>
        {
            connection.Features.Set(listener);
            if (listener.Config.IsUnix && connection.Features.Get<IConnectionSocketFeature>() is { } feature)
                connection.Features.Set(SocketPeer.Of(feature.Socket));
            return next(connection);
        });
        if (listener.Config.IsUnix || listener.Config.TlsDisable)
            return;
        var material = new TlsMaterial(new ListenerConfig
        {
            Address = listener.Config.Address,
            TlsCertFile = listener.Config.TlsCertFile,
            TlsKeyFile = listener.Config.TlsKeyFile,
            TlsDisableClientCerts = true,
        });
        certificates.Add(material);
        listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = handshake => new(material.OptionsFor(handshake.Connection)) });
    }

    private Socket Bind(EndPoint endPoint)
    {
        if (endPoint is not UnixDomainSocketEndPoint)
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        var listener = options.Listeners.First(l => l.Config.IsUnix && l.Config.Address == endPoint.ToString());
        var claimed = PluginSocket.Claim(listener.Config.Address);
        sockets.Add(claimed);
        // Nobody can connect before the server listens, which comes after.
        var socket = claimed.Bind(listener.Config.SocketMode);
        SocketOwner.Apply(listener.Config);
        return socket;
    }

    [SuppressMessage("Design", "CA1031", Justification = "A bug in one request must not tell the caller more than that there is one.")]
    private async Task HandleAsync(HttpContext http)
    {
        try
        {
            if (await AnswerAsync(http) is not { } refusal)
                return;
            options.Status.Count($"kist_agent_refused_total{{reason=\"{refusal.Code}\"}}");
            options.Log(AgentLogLevel.Debug, $"local API: {refusal.Status}: {refusal.Message}");
            await LocalAnswer.RefuseAsync(http, refusal);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone.
        }
        catch (Exception e)
        {
            options.Log(AgentLogLevel.Error, $"local API: a request failed: {e.GetType().Name}");
            await LocalAnswer.RefuseAsync(http, new LocalRefusal(StatusCodes.Status500InternalServerError, "bug", "the agent failed"));
        }
    }

    private async Task<LocalRefusal?> AnswerAsync(HttpContext http)
    {
        if (http.Features.Get<LocalListener>() is not { } listener)
            throw new InvalidOperationException("a connection without its listener");
        if (CallerRules.Check(http, listener) is { } refusal)
            return refusal;
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.Split('?', 2)[0];
        if (path.StartsWith(AgentPrefix, StringComparison.Ordinal))
            return await own.HandleAsync(http, path[AgentPrefix.Length..], listener);
        if (listener.IsMetricsOnly)
            return new LocalRefusal(StatusCodes.Status404NotFound, "unknown", $"this listener answers {AgentPrefix} alone");
        return path.StartsWith(ServerPrefix, StringComparison.Ordinal)
            ? await proxy.HandleAsync(http, path[ServerPrefix.Length..], listener)
            : new LocalRefusal(StatusCodes.Status404NotFound, "unknown", $"the agent answers {AgentPrefix} and passes on {ServerPrefix}");
    }
}
