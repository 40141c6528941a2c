using System.Globalization;
using Kist.Harness.Kubernetes;
using Kist.Wire.Kubernetes;
using Kist.Wire.Kubernetes.Config;

namespace Kist.Wire.Tests.Kubernetes;

/// <summary>One cluster for all tests of the collection; each keeps to a namespace of its own.</summary>
public sealed class SharedKube : IAsyncLifetime
{
    private KubeCluster? cluster;
    private KubeClient? client;
    private int namespaces;

    public KubeCluster Cluster => cluster ?? throw new InvalidOperationException("kube-apiserver is not built");

    /// <summary>A client of the administrator's.</summary>
    public KubeClient Client => client ?? throw new InvalidOperationException("kube-apiserver is not built");

    /// <summary>The administrator's connection.</summary>
    public KubeConnection Connection => KubeConfig.Load([Cluster.WriteKubeconfig(Cluster.ApiServer, "kubeconfig")]).Connect(null, TimeProvider.System);

    public async Task InitializeAsync()
    {
        if (!KubeCluster.Installed)
            return;
        cluster = await KubeCluster.StartAsync(new KubeClusterOptions());
        client = new KubeClient(new KubeOptions { Connection = Connection });
    }

    /// <summary>Makes a namespace that no other test uses.</summary>
    public async Task<string> NewNamespaceAsync()
    {
        var name = $"test{Interlocked.Increment(ref namespaces).ToString(CultureInfo.InvariantCulture)}";
        await Cluster.ApiServer.Http.CreateNamespaceAsync(name);
        return name;
    }

    public async Task DisposeAsync()
    {
        client?.Dispose();
        if (cluster is not null)
            await cluster.DisposeAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class SharedKubeCollection : ICollectionFixture<SharedKube>
{
    public const string Name = "kube-apiserver";
}
