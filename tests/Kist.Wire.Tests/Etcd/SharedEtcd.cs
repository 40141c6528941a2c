using Kist.Harness;
using Kist.Wire.Etcd;

namespace Kist.Wire.Tests.Etcd;

/// <summary>One etcd for all tests that change nothing about it; each keeps to keys of its own.</summary>
public sealed class SharedEtcd : IAsyncLifetime
{
    private EtcdServer? server;
    private EtcdClient? client;

    public EtcdServer Server => server ?? throw new InvalidOperationException("etcd is not installed");

    public EtcdClient Client => client ?? throw new InvalidOperationException("etcd is not installed");

    public async Task InitializeAsync()
    {
        if (!EtcdServer.Installed)
            return;
        server = await EtcdServer.StartAsync(new EtcdServerOptions());
        client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
    }

    public async Task DisposeAsync()
    {
        client?.Dispose();
        if (server is not null)
            await server.DisposeAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class SharedEtcdCollection : ICollectionFixture<SharedEtcd>
{
    public const string Name = "etcd";
}
