using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;
using Kist.Harness.Kubernetes;

namespace Kist.EndToEnd.Tests.Encryption;

/// <summary>
/// Two real API servers, each with a plugin of its own and a copy of one key file, as on two nodes of a control plane. Their release (1.20) speaks
/// KMS v1 and sends the socket's path as <c>:authority</c>, the trap for servers of gRPC.
/// </summary>
public sealed class KmsClusterTests : IAsyncLifetime
{
    private const string Namespace = "app";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string home = Directory.CreateTempSubdirectory("kist-kms-cluster-").FullName;
    private readonly List<KistProcess> plugins = [];
    private readonly Dictionary<string, string> written = new(StringComparer.Ordinal);
    private KubeCluster cluster = null!;
    private Cli cli = null!;

    private string[] Etcd => [$"-endpoints={cluster.Etcd.Endpoint.GetLeftPart(UriPartial.Authority)}", $"-config={cluster.ApiServer.EncryptionFile}"];

    public async Task InitializeAsync()
    {
        if (!KubeCluster.Installed)
            return;
        cli = new Cli(BuiltProgram.Path, Path.Combine(home, "user"), new Uri("http://127.0.0.1:1"), null);
        await cli.RunAsync("kms", "key-file", "init", KeyFile(0));
        File.Copy(KeyFile(0), KeyFile(1));
        for (var node = 0; node < 2; node++)
            plugins.Add(await ServeAsync(node));
        cluster = await KubeCluster.StartAsync(new KubeClusterOptions { ApiServers = 2, EncryptionConfiguration = Configuration(0) });
        await File.WriteAllTextAsync(cluster.ApiServers[1].EncryptionFile, Configuration(1));
        await cluster.ApiServers[1].RestartAsync();
        await cluster.ApiServer.Http.CreateNamespaceAsync(Namespace);
        cli.Environment["KUBECONFIG"] = cluster.WriteKubeconfig(cluster.ApiServer, "kubeconfig");
    }

    public async Task DisposeAsync()
    {
        if (cluster is not null)
            await cluster.DisposeAsync();
        foreach (var plugin in plugins)
            await plugin.DisposeAsync();
        Directory.Delete(home, recursive: true);
    }

    [FactNeeding(Need.KubeApiServer)]
    public async Task What_one_node_encrypts_every_node_reads_through_a_killed_plugin_and_a_new_key()
    {
        await WriteBothAsync("first");
        await AssertAllReadAsync();
        await AssertEncryptedAsync();

        // The API server says so, and goes on when the plugin is back, without a restart of its own.
        await plugins[0].KillAsync();
        await UntilAsync(async () => (await ReadyAsync(0)) != HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await ReadyAsync(1));
        plugins[0] = await ServeAsync(0);
        await UntilAsync(async () => (await ReadyAsync(0)) == HttpStatusCode.OK);
        await WriteBothAsync("second");

        // A key is brought to every node before one of them uses it.
        await cli.RunAsync("kms", "key-file", "add", KeyFile(0));
        File.Copy(KeyFile(0), KeyFile(1), overwrite: true);
        await WriteBothAsync("third");
        for (var node = 0; node < 2; node++)
            await cli.RunAsync("kms", "key-file", "use", KeyFile(node), "2");
        await WriteBothAsync("fourth");
        var rewritten = JsonElement.Parse(await cli.RunAsync(
            "encryption", "rewrite", "-rate=0", "-format=json", $"-config={cluster.ApiServer.EncryptionFile}"));
        Assert.Equal(written.Count, rewritten.GetProperty("totals").GetProperty("objects").GetInt32());

        // Nothing is remembered that the new start does not find in etcd and the key file.
        plugins[1] = await RestartAsync(1);
        foreach (var server in cluster.ApiServers)
            await server.RestartAsync();
        await AssertAllReadAsync();
        await AssertEncryptedAsync();
    }

    private string Socket(int node) => Path.Combine(home, $"kms{Number(node)}.sock");

    private string KeyFile(int node) => Path.Combine(home, $"kms{Number(node)}.key");

    private static string Number(int node) => node.ToString(CultureInfo.InvariantCulture);

    private string Configuration(int node) => $$"""
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources:
        - resources: [secrets]
          providers:
          - kms: {name: kist, endpoint: "unix://{{Socket(node)}}", cachesize: 1000, timeout: 3s}
          - identity: {}
        """;

    private async Task<KistProcess> ServeAsync(int node)
    {
        var plugin = KistProcess.Start(BuiltProgram.Start(
            "kms", "serve", $"-socket={Socket(node)}", $"-key-file={KeyFile(node)}", "-api=v1beta1", "-poll-interval=200ms"));
        await UntilAsync(() =>
        {
            Assert.False(plugin.HasExited, plugin.Output);
            return Task.FromResult(File.Exists(Socket(node)));
        });
        return plugin;
    }

    private async Task<KistProcess> RestartAsync(int node)
    {
        await plugins[node].StopAsync();
        Assert.Equal(0, plugins[node].ExitCode);
        await plugins[node].DisposeAsync();
        return await ServeAsync(node);
    }

    private async Task WriteBothAsync(string name)
    {
        foreach (var (i, server) in cluster.ApiServers.Index())
        {
            var full = $"{name}-by-{Number(i)}";
            written[full] = $"value of {full} {Guid.NewGuid():N}";
            await server.Http.CreateSecretAsync(Namespace, full, written[full]);
        }
    }

    private async Task AssertAllReadAsync()
    {
        foreach (var server in cluster.ApiServers)
        {
            var list = (await server.Http.GetAsync($"api/v1/namespaces/{Namespace}/secrets")).Good().Json.GetProperty("items");
            var read = list.EnumerateArray().ToDictionary(
                item => item.GetProperty("metadata").GetProperty("name").GetString()!,
                item => Encoding.UTF8.GetString(item.GetProperty("data").GetProperty("value").GetBytesFromBase64()));
            Assert.Equal(written, read);
        }
    }

    private async Task AssertEncryptedAsync()
    {
        var report = JsonElement.Parse(await cli.RunAsync(["etcd", "report", "-resources=secrets", "-format=json", .. Etcd]));
        Assert.Equal(written.Count, report.GetProperty("totals").GetProperty("encrypted").GetInt32());
        await cli.RunAsync(["etcd", "verify", "-resources=secrets", .. Etcd]);
        await cli.FeedAsync(written.Values.First(), ["etcd", "search", "-", .. Etcd[..1]]);
    }

    private async Task<HttpStatusCode> ReadyAsync(int server) => (await cluster.ApiServers[server].Http.GetAsync("readyz")).Status;

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "it does not come to be");
            await Task.Delay(50);
        }
    }
}
