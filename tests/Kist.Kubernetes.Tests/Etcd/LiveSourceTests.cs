using System.Globalization;
using System.Text;
using Kist.Harness;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Etcd;
using Kist.Wire.Etcd;
using Kist.Wire.Tests.Etcd;

namespace Kist.Kubernetes.Tests.Etcd;

public sealed class LiveSourceTests
{
    // So that a page holds a few keys.
    private const int SmallPage = 1000;

    [FactNeedingEtcd]
    public async Task Captured_values_in_a_live_etcd_are_in_their_states()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        var vectors = new VectorFile("rotation-aescbc");
        using (var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] }))
        {
            foreach (var vector in vectors.Entries)
                await client.PutAsync(new EtcdPut(vector.KeyBytes, vector.Value), CancellationToken.None);
        }
        using var chains = Chains.Of(vectors.Config);
        using var inspector = new ObjectInspector(chains, InspectionDepth.Everything);
        using var source = new LiveSource(new EtcdOptions { Endpoints = [server.Endpoint] });
        var scan = new ObjectScan(source, ResourceSelection.Parse("/registry", ["secrets", "configmaps"]).Ok(), inspector);
        var scanned = new Dictionary<string, Inspection>(StringComparer.Ordinal);
        await foreach (var one in scan.ReadAsync(null, CancellationToken.None))
            scanned.Add(KeyText.Of(one.Entry.Key.Span), one.Inspection);

        Assert.Equal(vectors.Entries.Count(), scanned.Count);
        Assert.All(vectors.Entries, v => Assert.Equal(v.IsStale, scanned[v.Key].Stale != StaleReasons.None));
        Assert.Contains(scanned.Values, i => i.State == ObjectState.Plaintext);
        Assert.Contains(scanned.Values, i => i.State == ObjectState.Stale);
        Assert.Contains(scanned.Values, i => i.State == ObjectState.Encrypted);
        Assert.Single(scan.Revisions);
    }

    [FactNeedingEtcd]
    public Task Scan_that_compaction_overtakes_goes_on_and_reads_each_key_once() => GoesOnThroughCompactionsAsync(Bytes("/a/"), Bytes("/b/"));

    [FactNeedingEtcd]
    public Task Scan_of_all_keys_that_compaction_overtakes_goes_on() => GoesOnThroughCompactionsAsync(Bytes(""));

    [FactNeedingEtcd]
    public async Task Scan_goes_on_when_one_member_of_three_is_killed_under_it()
    {
        var members = await EtcdServer.StartClusterAsync(3, new EtcdServerOptions());
        try
        {
            using (var client = new EtcdClient(new EtcdOptions { Endpoints = [members[1].Endpoint] }))
                await FillAsync(client, "a", 300);
            using var source = new LiveSource(new EtcdOptions { Endpoints = [.. members.Select(m => m.Endpoint)] }, SmallPage);
            var keys = new List<string>();
            await foreach (var page in source.ReadAsync([Bytes("/a/")], CancellationToken.None))
            {
                keys.AddRange(page.Entries.Select(e => Encoding.UTF8.GetString(e.Key.Span)));
                if (!members[0].Process.HasExited)
                    await members[0].Process.KillAsync();
            }
            Assert.Equal(Names("a", 300), keys);
        }
        finally
        {
            foreach (var member in members)
                await member.DisposeAsync();
        }
    }

    [FactNeedingEtcd]
    public async Task Scan_that_is_ended_early_lets_go_of_the_page_on_its_way()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        await FillAsync(client, "registry/secrets/ns", 200);
        using var source = new LiveSource(new EtcdOptions { Endpoints = [server.Endpoint] }, SmallPage);
        using var inspector = new ObjectInspector(null, InspectionDepth.Everything);
        var scan = new ObjectScan(source, ResourceSelection.Parse("/registry", ["secrets"]).Ok(), inspector);
        await using (var reading = scan.ReadAsync(null, CancellationToken.None).GetAsyncEnumerator())
        {
            Assert.True(await reading.MoveNextAsync());
            Assert.Equal("0000", reading.Current.Key.Name.Name);
        }
    }

    private static async Task GoesOnThroughCompactionsAsync(params byte[][] prefixes)
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        await FillAsync(client, "a", 300);
        await FillAsync(client, "b", 300);
        using var source = new LiveSource(new EtcdOptions { Endpoints = [server.Endpoint] }, SmallPage);
        var keys = new List<string>();
        var revisions = new List<long>();
        var pages = 0;

        await foreach (var page in source.ReadAsync([.. prefixes], CancellationToken.None))
        {
            keys.AddRange(page.Entries.Select(e => Encoding.UTF8.GetString(e.Key.Span)));
            if (revisions.Count == 0 || revisions[^1] != page.Revision)
                revisions.Add(page.Revision);
            // What was read is deleted, what follows is not: neither is lost, neither comes twice.
            if (pages++ % 4 != 0)
                continue;
            var put = await client.PutAsync(new EtcdPut(Bytes("/a/0000"), Bytes("again")), CancellationToken.None);
            await client.CompactAsync(put.Revision, physical: true, CancellationToken.None);
        }

        Assert.Equal(Names("a", 300).Concat(Names("b", 300)), keys);
        Assert.True(revisions.Count > 2, $"{revisions.Count} revisions");
        Assert.Equal(revisions.Order(), revisions);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static IEnumerable<string> Names(string folder, int count) =>
        Enumerable.Range(0, count).Select(i => $"/{folder}/{i.ToString("D4", CultureInfo.InvariantCulture)}");

    private static async Task FillAsync(EtcdClient client, string folder, int count)
    {
        foreach (var names in Names(folder, count).Chunk(100))
            await client.TransactAsync(new EtcdTransaction([], [.. names.Select(n => new EtcdPut(Bytes(n), new byte[100]))], []), CancellationToken.None);
    }
}
