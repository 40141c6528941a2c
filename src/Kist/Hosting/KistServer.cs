using System.Net;
using System.Runtime.InteropServices;
using Kist.Api.Vault;
using Kist.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Kist.Hosting;

/// <summary>A node behind its listeners.</summary>
internal sealed class KistServer : IAsyncDisposable
{
    private readonly WebApplication web;
    private readonly List<TlsMaterial> tls;
    private readonly Node node;
    private readonly IReadOnlyList<ListenerConfig> listeners;

    private KistServer(WebApplication web, List<TlsMaterial> tls, Node node, IReadOnlyList<ListenerConfig> listeners)
    {
        this.listeners = listeners;
        this.web = web;
        this.tls = tls;
        this.node = node;
    }

    public Node Node => node;

    public ILogger Log => web.Logger;

    /// <summary>Builds the server; nothing listens yet.</summary>
    /// <exception cref="ConfigException">A certificate or address cannot be used.</exception>
    public static KistServer Create(ServerConfig config, Func<INodeObserver, Node> createNode)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "kist" });
        var materials = new List<TlsMaterial>();
        ServerLogging.Configure(builder.Logging, config);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, config, materials));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(30));
        var application = builder.Build();
        var created = createNode(new LoggingObserver(application.Logger));
        var dialect = new VaultDialect(created.Pipeline, application.Lifetime.ApplicationStopped, application.Lifetime.ApplicationStopping);
        application.Lifetime.ApplicationStopping.Register(created.EndWatches);
        application.Run(dialect.HandleAsync);
        return new KistServer(application, materials, created, config.Listeners);
    }

    /// <summary>Starts listening.</summary>
    /// <exception cref="IOException">An address is in use or cannot be bound.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await node.StartAsync(cancellationToken);
        await web.StartAsync(cancellationToken);
        foreach (var socket in listeners.Where(l => l.IsUnix))
            File.SetUnixFileMode(socket.Address, socket.SocketMode);
    }

    /// <summary>Serves until <paramref name="stop"/>, then ends requests under way and stops. SIGHUP reopens audit files and reloads certificates at once.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            _ = ReloadAsync();
        });
        var following = CertificateRenewal.FollowAsync(
            tls, () => ServerLog.CertificateRenewed(Log), reason => ServerLog.ReloadFailed(Log, reason), TimeProvider.System, stop);
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ServerLog.Stopping(Log);
        await web.StopAsync(CancellationToken.None);
        await following;
    }

    public async ValueTask DisposeAsync()
    {
        await web.DisposeAsync();
        await node.DisposeAsync();
    }

    private static void Configure(KestrelServerOptions kestrel, ServerConfig config, List<TlsMaterial> materials)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = RequestBody.MaxBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(5);
        foreach (var listener in config.Listeners)
        {
            if (listener.IsUnix)
            {
                File.Delete(listener.Address);
                kestrel.ListenUnixSocket(listener.Address);
                continue;
            }
            var endpoint = IPEndPoint.TryParse(listener.Address, out var parsed)
                ? parsed
                : throw new ConfigException($"listener: \"{listener.Address}\" is not an IP address with port, such as 127.0.0.1:8200 or [::]:8200");
            kestrel.Listen(endpoint, options => Secure(options, listener, materials));
        }
    }

    private static void Secure(ListenOptions options, ListenerConfig listener, List<TlsMaterial> materials)
    {
        options.Protocols = listener.TlsDisable ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
        if (listener.TlsDisable)
            return;
        var material = new TlsMaterial(listener);
        materials.Add(material);
        options.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = handshake => new(material.OptionsFor(handshake.Connection)) });
    }

    // Each part by itself: a faulty certificate must not keep a rotated audit file growing, nor the other way round.
    private async Task ReloadAsync()
    {
        var failures = new List<string>();
        foreach (var material in tls)
        {
            try
            {
                material.Reload();
            }
            catch (ConfigException e)
            {
                failures.Add(e.Message);
            }
        }
        var reopened = await node.Audit.ReopenAsync(CancellationToken.None);
        if (!reopened.Succeeded)
            failures.Add(reopened.Failure.Message);
        foreach (var failure in failures)
            ServerLog.ReloadFailed(Log, failure);
        if (failures.Count == 0)
            ServerLog.Reloaded(Log);
    }
}
