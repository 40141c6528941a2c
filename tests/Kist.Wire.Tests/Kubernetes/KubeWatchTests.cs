using System.Globalization;
using System.Text.Json;
using Kist.Wire.Kubernetes;

namespace Kist.Wire.Tests.Kubernetes;

[Collection(SharedKubeCollection.Name)]
public sealed class KubeWatchTests(SharedKube kube)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [FactNeedingKube]
    public async Task Changes_come_in_order_over_several_connections()
    {
        var ns = await kube.NewNamespaceAsync();
        var query = new KubeWatchQuery(KubeResource.Secrets, await VersionAsync(ns)) { Namespace = ns, ConnectionLifetime = TimeSpan.FromSeconds(1) };
        using var timer = new CancellationTokenSource(Patience);
        var writing = WriteAsync(ns, timer.Token);
        var seen = new List<string>();
        await foreach (var change in kube.Client.WatchAsync(query, timer.Token))
        {
            if (change.Change == KubeChange.Bookmark)
                continue;
            seen.Add($"{change.Change} {change.Object.Metadata.Name}");
            if (seen.Count == 6)
                break;
        }
        await writing;
        Assert.Equal(["Added a", "Modified a", "Deleted a", "Added b", "Modified b", "Deleted b"], seen);
    }

    [FactNeedingKube]
    public async Task Watch_from_a_forgotten_state_says_so()
    {
        // The API server remembers all since its start, etcd all since a compaction.
        await kube.NewNamespaceAsync();
        var status = JsonElement.Parse(await kube.Cluster.Etcd.ControlAsync("endpoint", "status", "--write-out=json"));
        var revision = status[0].GetProperty("Status").GetProperty("header").GetProperty("revision").GetInt64();
        await kube.Cluster.Etcd.ControlAsync("compaction", revision.ToString(CultureInfo.InvariantCulture));
        await kube.Cluster.ApiServer.RestartAsync();
        using var timer = new CancellationTokenSource(Patience);
        var gone = await Assert.ThrowsAsync<KubeException>(async () =>
        {
            await foreach (var change in kube.Client.WatchAsync(new KubeWatchQuery(KubeResource.ConfigMaps, "1"), timer.Token))
                change.Object.Dispose();
        });
        Assert.Equal(KubeError.Gone, gone.Error);
    }

    private async Task WriteAsync(string ns, CancellationToken cancellationToken)
    {
        foreach (var name in (string[])["a", "b"])
        {
            await kube.Cluster.ApiServer.Http.CreateSecretAsync(ns, name, "value");
            var patch = new KubePatch(KubePatchKind.Merge, """{"metadata":{"labels":{"a":"b"}}}"""u8.ToArray());
            (await kube.Client.PatchAsync(KubeResource.Secrets, ns, name, patch, cancellationToken)).Dispose();
            await kube.Client.DeleteAsync(KubeResource.Secrets, ns, name, cancellationToken);
            // So that the second one's changes come over a later connection.
            await Task.Delay(TimeSpan.FromSeconds(1.5), cancellationToken);
        }
    }

    private async Task<string> VersionAsync(string ns)
    {
        await using var pages = kube.Client.ListAsync(new KubeListQuery(KubeResource.Secrets) { Namespace = ns }, default).GetAsyncEnumerator();
        Assert.True(await pages.MoveNextAsync());
        return pages.Current.ResourceVersion;
    }
}
