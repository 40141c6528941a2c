using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Kist.Harness;
using Kist.Kubernetes.Encryption;
using Kist.Kubernetes.Encryption.Rotation;
using Kist.Kubernetes.Etcd;
using Kist.Wire.Etcd;
using Kist.Wire.Tests.Etcd;

namespace Kist.Kubernetes.Tests.Encryption.Rotation;

public sealed class EtcdStoredObjectsTests : IAsyncLifetime
{
    private static readonly EncryptionConfiguration Configuration = ConfigurationFile.Load(Chains.Config("secretbox: new old"), LintFacts.None).Ok();
    private EtcdServer server = null!;
    private EtcdClient client = null!;

    public async Task InitializeAsync()
    {
        server = await EtcdServer.StartAsync(new EtcdServerOptions());
        client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
    }

    [FactNeedingEtcd]
    public async Task Count_that_compaction_overtakes_goes_on()
    {
        await PutAsync("/registry/namespaces/default", "a namespace");
        for (var i = 0; i < 400; i++)
            await PutAsync($"/registry/secrets/default/s{i.ToString("D3", CultureInfo.InvariantCulture)}", $"k8s:enc:secretbox:v1:{(i % 4 == 0 ? "old" : "new")}:x");
        using var source = new LiveSource(new EtcdOptions { Endpoints = [server.Endpoint] }, pageBytes: 1000);
        using var compacting = new CompactingSource(source, client);
        var counted = await new EtcdStoredObjects(compacting, "/registry").CountAsync(Configuration, [GroupResource.Parse("secrets")], CancellationToken.None);
        Assert.True(compacting.Compactions > 1);
        Assert.Equal([("new", 300L), ("old", 100L)], counted.Ok().Select(c => (c.KeyName!, c.Objects)).OrderBy(c => c.Item1, StringComparer.Ordinal));
    }

    [FactNeedingEtcd]
    public async Task Leases_of_api_servers_are_those_of_today_and_those_of_1_26()
    {
        foreach (var name in (string[])["apiserver-07a5ea9b9b072c4a5f3d1c3702", "kube-apiserver-c4vwjftbvpc5os2vvzle4qg27a", "apiserver-network-proxy", "kube-scheduler"])
            await PutAsync($"/registry/leases/kube-system/{name}", "a lease");
        using var source = new LiveSource(new EtcdOptions { Endpoints = [server.Endpoint] });
        var leases = await new EtcdStoredObjects(source, "/registry").ServerLeasesAsync(CancellationToken.None);
        Assert.Equal(["apiserver-07a5ea9b9b072c4a5f3d1c3702", "kube-apiserver-c4vwjftbvpc5os2vvzle4qg27a"], leases.Ok());
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    private Task<EtcdPutResult> PutAsync(string key, string value) =>
        client.PutAsync(new EtcdPut(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value)), CancellationToken.None);

    /// <summary>After each page, etcd forgets the state that is being read.</summary>
    private sealed class CompactingSource(LiveSource source, EtcdClient client) : IObjectSource
    {
        public int Compactions { get; private set; }

        public string Description => source.Description;

        public async IAsyncEnumerable<SourcePage> ReadAsync(
            IReadOnlyList<ReadOnlyMemory<byte>> prefixes, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var page in source.ReadAsync(prefixes, cancellationToken))
            {
                yield return page;
                var put = await client.PutAsync(new EtcdPut("/other"u8.ToArray(), new byte[1]), cancellationToken);
                await client.CompactAsync(put.Revision, physical: true, cancellationToken);
                Compactions++;
            }
        }

        public Task<EtcdKeyValue?> FindAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) => source.FindAsync(key, cancellationToken);

        public Task<bool> HasKeysAsync(ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken) => source.HasKeysAsync(prefix, cancellationToken);

        public void Dispose() => source.Dispose();
    }
}
