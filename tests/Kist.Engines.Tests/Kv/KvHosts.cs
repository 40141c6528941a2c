namespace Kist.Engines.Tests.Kv;

/// <summary>Several version 2 engines on one store, as nodes of a cluster have them.</summary>
internal sealed class KvHosts : IDisposable
{
    private readonly List<KvHost> hosts;

    private KvHosts(List<KvHost> hosts) => this.hosts = hosts;

    public static async Task<KvHosts> StartAsync(int count)
    {
        var started = new List<KvHost> { await KvHost.StartAsync("2") };
        started[0].Store.Interleave();
        while (started.Count < count)
            started.Add(await started[0].StartPeerAsync());
        return new(started);
    }

    /// <summary>The host of a client, who are spread over all.</summary>
    public KvHost Of(int client) => hosts[client % hosts.Count];

    public void Dispose() => hosts.ForEach(host => host.Dispose());
}
