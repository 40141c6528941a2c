using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kist.Api.Grpc;
using Kist.Crypto;
using Kist.Kubernetes.Kms;
using Kist.Kubernetes.Kms.KeyFiles;
using Kist.Kubernetes.Kms.RemoteKeys;
using Kist.Wire.Grpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Kist.Hosting.Kms;

/// <summary>A KMS plugin behind its socket and its health address, from start to stop.</summary>
internal sealed class KmsHost : IAsyncDisposable
{
    private readonly KmsServeOptions options;
    private readonly PluginSocket socket;
    private readonly WebApplication web;
    private readonly KmsMetrics metrics = new();
    private readonly KmsPlugin plugin;
    private readonly KmsAuditFile? audit;

    private KmsHost(KmsServeOptions options, PluginSocket socket)
    {
        this.options = options;
        this.socket = socket;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "kist" });
        ServerLogging.Configure(builder.Logging, options.Logging);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure)
            .UseSockets(sockets => sockets.CreateBoundListenSocket = endpoint => endpoint is UnixDomainSocketEndPoint
                ? socket.Bind(options.SocketMode)
                : SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint));
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(10));
        web = builder.Build();
        var observer = new KmsLogObserver(web.Logger);
        plugin = new KmsPlugin(options.Remote, options.Fallback, options.Plugin, TimeProvider.System, metrics, observer);
        audit = options.AuditFile is { } path ? new KmsAuditFile(path, TimeProvider.System, reason => KmsLog.AuditFailed(web.Logger, reason)) : null;
        var service = new KmsService(plugin, audit, metrics, TimeProvider.System, NodeFactory.Version);
        web.Run(Handler(service.Serve(options.Apis, observer.Fault)));
    }

    /// <summary>Runs a plugin until <paramref name="stop"/>; answers the exit code.</summary>
    /// <exception cref="ConfigException">The socket cannot be served.</exception>
    /// <exception cref="IOException">An address cannot be bound, or the audit file not opened.</exception>
    public static async Task<int> RunAsync(KmsServeOptions options, CancellationToken stop)
    {
        using var claimed = PluginSocket.Claim(options.Socket);
        await using var host = new KmsHost(options, claimed);
        await host.ServeAsync(stop);
        return 0;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await web.DisposeAsync();
        plugin.Dispose();
        audit?.Dispose();
    }

    private ILogger Log => web.Logger;

    private RequestDelegate Handler(GrpcServer server) => context =>
        HttpProtocol.IsHttp2(context.Request.Protocol)
            ? GrpcRequests.HandleAsync(context, server)
            : KmsHealth.AnswerAsync(context, plugin, metrics, TimeProvider.System);

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        // API servers keep one connection and may say nothing on it for a minute.
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromDays(1);
        kestrel.ListenUnixSocket(socket.Path, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.AcceptAnyAuthority();
        });
        if (options.HealthAddress is { } health)
            kestrel.Listen(health, static listen => listen.Protocols = HttpProtocols.Http1);
    }

    private async Task ServeAsync(CancellationToken stop)
    {
        Warn();
        audit?.Reopen();
        using var polling = new CancellationTokenSource();
        var polls = plugin.RunAsync(polling.Token);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Reload();
        });
        await web.StartAsync(stop);
        KmsLog.Listening(Log, NodeFactory.Version, string.Join(", ", options.Apis.Order()).ToLowerInvariant(), socket.Path, options.Remote.Name);
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ServerLog.Stopping(Log);
        await web.StopAsync(CancellationToken.None);
        await polling.CancelAsync();
        await polls;
        ServerLog.Stopped(Log);
    }

    private void Warn()
    {
        var hardened = ProcessHardening.Apply();
        if (!hardened.NotDumpable || !hardened.NoCoreFiles)
            ServerLog.NotHardened(Log, "core dumps could not be switched off");
        if (options.InCluster is { } reason && options.Fallback is null)
            KmsLog.Deadlock(Log, reason);
        if (options.Remote is KeyFileKey)
            KmsLog.LocalKeyFile(Log);
        if (options.InClear is { } address)
            KmsLog.InClear(Log, address);
        if (options.Remote is AzureKey)
            KmsLog.PublicKeyWraps(Log);
        if (options.HealthAddress is { } health && !System.Net.IPAddress.IsLoopback(health.Address))
            KmsLog.OpenHealth(Log, health.ToString());
    }

    // Each part by itself: a faulty certificate must not keep a rotated audit file growing.
    private void Reload()
    {
        var failures = new List<string>();
        foreach (var key in new[] { options.Remote, options.Fallback })
        {
            if (key?.Reload().Failure is { } failure)
                failures.Add(failure.Message);
        }
        try
        {
            audit?.Reopen();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failures.Add(e.Message);
        }
        foreach (var failure in failures)
            ServerLog.ReloadFailed(Log, failure);
        if (failures.Count == 0)
            KmsLog.Reloaded(Log);
        plugin.Nudge();
    }
}
