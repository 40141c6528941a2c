using Kist.Client.Agent;
using Kist.Client.Agent.Proxy;

namespace Kist.Hosting.Agent.Local;

/// <summary>The local API as a part of the agent.</summary>
internal sealed class LocalApiPart : IAgentPart
{
    private const string Part = "local api";

    private readonly LocalApiOptions options;
    private LocalApi? api;

    /// <summary>Checks the listeners; nothing listens yet.</summary>
    /// <exception cref="ConfigException">One would be open to whom it must not be.</exception>
    public LocalApiPart(AgentServices services)
    {
        var proxy = services.Config.ApiProxy ?? new ApiProxyConfig(AutoAuthTokenUse.None);
        options = new LocalApiOptions
        {
            Listeners = [.. services.Config.Listeners.Select(l => LocalListener.Create(l, proxy.UseAutoAuthToken != AutoAuthTokenUse.None))],
            Proxy = proxy,
            Cache = services.Config.Cache ?? new CacheConfig(false),
            Settings = services.Settings,
            Token = services.Token,
            Status = services.Status,
            Log = services.Log,
            Time = services.Time,
            Quit = services.Quit,
        };
        services.Status.Expect(Part);
    }

    /// <inheritdoc/>
    public async Task<int?> RunAsync(bool once, CancellationToken stop)
    {
        // An agent that only logs in has nothing to listen for.
        if (once)
            return null;
        foreach (var listener in options.Listeners)
            Warn(listener);
        api = await LocalApi.StartAsync(options, stop);
        options.Status.Good(Part);
        await api.RunAsync(stop);
        return null;
    }

    /// <inheritdoc/>
    public void Reload() => api?.Reload();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => api is null ? ValueTask.CompletedTask : api.DisposeAsync();

    private void Warn(LocalListener listener)
    {
        var config = listener.Config;
        options.Log(AgentLogLevel.Info, $"the local API listens on {config.Address}");
        if (config is { IsUnix: true, CheckPeer: false })
            options.Log(AgentLogLevel.Warn, $"{config.Address}: check_peer is off: every user whom the socket's mode lets in acts with the agent's rights");
        if (listener is { EndPoint: not null, IsMetricsOnly: false, IsLocal: true } && options.Proxy.UseAutoAuthToken != AutoAuthTokenUse.None)
            options.Log(AgentLogLevel.Warn, $"{config.Address}: every user of this machine can act with the agent's token; a Unix socket asks who it is");
        if (listener is { IsLocal: false, IsMetricsOnly: true })
            options.Log(AgentLogLevel.Warn, $"{config.Address}: health and metrics are served on an address that is not this machine alone");
    }
}
