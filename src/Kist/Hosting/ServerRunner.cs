using Kist.Crypto;

namespace Kist.Hosting;

/// <summary>Runs a configured server from start to stop.</summary>
internal static class ServerRunner
{
    /// <summary>Answers the exit code.</summary>
    /// <exception cref="ConfigException">A setting cannot be used.</exception>
    /// <exception cref="IOException">An address cannot be bound.</exception>
    public static async Task<int> RunAsync(ServerConfig config, CancellationToken cancellationToken)
    {
        await using var store = NodeFactory.OpenStore(config.Storage);
        await using var server = KistServer.Create(config, observer => NodeFactory.Create(store, config, observer));
        Harden(server);
        foreach (var setting in config.Ignored)
            ServerLog.SettingIgnored(server.Log, setting);
        foreach (var listener in config.Listeners.Where(l => l.TlsDisable && !l.IsUnix))
            ServerLog.PlainHttp(server.Log, listener.Address);
        await server.StartAsync(cancellationToken);
        ServerLog.Listening(server.Log, NodeFactory.Version, string.Join(", ", config.Listeners.Select(Url)));
        using var pidFile = PidFile.Write(config.PidFile);
        await server.RunAsync(cancellationToken);
        ServerLog.Stopped(server.Log);
        return 0;
    }

    /// <summary>A listener's address as clients write it.</summary>
    public static string Url(ListenerConfig listener)
    {
        if (listener.IsUnix)
            return "unix://" + listener.Address;
        return (listener.TlsDisable ? "http://" : "https://") + listener.Address;
    }

    /// <summary>Keeps keys out of core dumps and away from debuggers, as far as the system allows.</summary>
    public static void Harden(KistServer server)
    {
        var hardened = ProcessHardening.Apply();
        if (!hardened.NotDumpable || !hardened.NoCoreFiles)
            ServerLog.NotHardened(server.Log, "core dumps could not be switched off");
    }
}
