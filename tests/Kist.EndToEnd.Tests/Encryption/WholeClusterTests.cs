using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;
using Kist.Harness.Kubernetes;
using Kist.Wire.Etcd;
using Kist.Wire.Grpc;

namespace Kist.EndToEnd.Tests.Encryption;

/// <summary>A cluster with two real API servers, from plaintext to a key that has replaced another, by the built program.</summary>
public sealed class WholeClusterTests : IAsyncLifetime
{
    private const string Namespace = "app";
    private const int MostSteps = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private KubeCluster cluster = null!;
    private Cli cli = null!;
    private int kills;

    private string Config => cluster.ApiServers[0].EncryptionFile;

    private string[] Etcd =>
    [
        $"-endpoints={cluster.Etcd.Endpoint.GetLeftPart(UriPartial.Authority)}", $"-cacert={cluster.Certificates.AuthorityFile}",
        $"-cert={cluster.Certificates.CertificateFile}", $"-key={cluster.Certificates.KeyFile}",
    ];

    public async Task InitializeAsync()
    {
        if (!KubeCluster.Installed)
            return;
        cluster = await KubeCluster.StartAsync(new KubeClusterOptions { ApiServers = 2, EtcdTls = true });
        cli = new Cli(BuiltProgram.Path, Path.Combine(cluster.Home, "user"), new Uri("http://127.0.0.1:1"), null);
        cli.Environment["KUBECONFIG"] = cluster.WriteKubeconfig(cluster.ApiServer, "kubeconfig");
        await cluster.ApiServer.Http.CreateNamespaceAsync(Namespace);
    }

    public async Task DisposeAsync()
    {
        if (cluster is not null)
            await cluster.DisposeAsync();
    }

    [FactNeeding(Need.KubeApiServer)]
    public async Task Cluster_is_encrypted_and_its_key_replaced_through_interruptions_and_no_read_fails()
    {
        var present = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < 20; i++)
            await CreateAsync(present, $"old-{i.ToString(CultureInfo.InvariantCulture)}", byKubectl: false);
        await EncryptAsync(present);

        await using var traffic = new ClusterTraffic(cluster, Namespace, present);
        await RotateAsync("second");
        // A run may be over before the kill comes. What an interruption at each change leads to, KeyRotationTests show without that race.
        Assert.True(kills > 0, "not one run was killed");
        await traffic.StopAsync();
        Assert.True(traffic.Faults.Count == 0, string.Join('\n', traffic.Faults.Take(20)));
        Assert.True(traffic.Reads > 100, $"only {traffic.Reads} reads");
        await AssertAllUnderAsync("second", traffic.Written);
    }

    [FactNeeding(Need.KubeApiServer)]
    public async Task Rotation_that_is_told_of_the_cluster_rewrites_by_itself()
    {
        var present = new Dictionary<string, string>(StringComparer.Ordinal);
        await CreateAsync(present, "plain", byKubectl: false);
        await InitAsync();
        await CreateAsync(present, "encrypted", byKubectl: false);
        string[] rotate = [.. await RotatingAsync("second"), $"-kubeconfig={cli.Environment["KUBECONFIG"]}"];
        var said = new StringBuilder();
        for (var i = 0; i < MostSteps; i++)
        {
            var ended = await cli.TryAsync("", i > 0 ? [.. rotate, $"-loaded={Fingerprint()}"] : rotate);
            said.Append(ended.Output).Append(ended.Errors);
            Assert.True(ended.ExitCode is 0 or 3, said.ToString());
            if (ended.ExitCode == 0)
                break;
            await RestartAllAsync();
        }
        Assert.Contains("All objects were rewritten.", said.ToString());
        Assert.DoesNotContain("rewrite them, by kist encryption rewrite", said.ToString());
        await AssertAllUnderAsync("second", present);
    }

    // What was there in plaintext is found, then rewritten.
    private async Task EncryptAsync(Dictionary<string, string> present)
    {
        var (code, report) = await ReportAsync();
        Assert.Equal((3, present.Count, present.Count), (code, Total(report, "objects"), Total(report, "plaintext")));
        var searched = await cli.TryAsync(present["old-7"], ["etcd", "search", "-", .. Etcd]);
        Assert.True(searched.ExitCode == 3, searched.Output + searched.Errors);
        Assert.Contains("old-7", searched.Output);

        await InitAsync();
        await CreateAsync(present, "fresh", byKubectl: Machine.Succeeds("kubectl", "version", "--client"));
        (code, report) = await ReportAsync($"-config={Config}");
        Assert.Equal((3, 1, present.Count - 1), (code, Total(report, "encrypted"), Total(report, "plaintext")));
        Assert.Equal("first", Found(report, "fresh").GetProperty("keyName").GetString());

        var dry = await RewriteAsync("-dry-run");
        Assert.Equal(present.Count - 1, Total(dry, "objects"));
        var rewritten = await RewriteAsync();
        Assert.Equal((present.Count - 1, present.Count - 1), (Total(rewritten, "objects"), Total(rewritten, "rewritten")));
        (code, report) = await ReportAsync($"-config={Config}");
        Assert.Equal((0, present.Count), (code, Total(report, "encrypted")));
        await cli.FeedAsync(present["old-7"], ["etcd", "search", "-", .. Etcd]);
    }

    private async Task InitAsync()
    {
        await cli.RunAsync("encryption", "init", "-key-name=first", "-resources=secrets", Config);
        File.Copy(Config, cluster.ApiServers[1].EncryptionFile);
        await RestartAllAsync();
    }

    private async Task<string[]> RotatingAsync(string key)
    {
        var token = Path.Combine(cluster.Home, "token");
        await File.WriteAllTextAsync(token, KubeCluster.AdminToken);
        return
        [
            "encryption", "rotate", $"-to={key}", $"-also={cluster.ApiServers[1].EncryptionFile}", .. Etcd, .. cluster.ApiServers.Select(s => $"-server={Text(s)}"),
            $"-server-ca={cluster.Certificates.AuthorityFile}", $"-server-token-file={token}", Config,
        ];
    }

    private async Task RotateAsync(string key)
    {
        var rotate = await RotatingAsync(key);
        var said = new StringBuilder();
        var loaded = "";
        for (var i = 0; i < MostSteps; i++)
        {
            await KillAtNextChangeAsync(rotate, loaded);
            var ended = await cli.TryAsync("", [.. rotate, .. loaded.Length > 0 ? [$"-loaded={loaded}"] : Array.Empty<string>()]);
            said.Append(ended.Output).Append(ended.Errors);
            if (ended.ExitCode == 0)
                return;
            Assert.True(ended.ExitCode == 3, said.ToString());
            if (ended.Output.Contains("Rewrite what is there", StringComparison.Ordinal))
            {
                await InterruptedRewriteAsync(key);
                continue;
            }
            Assert.Contains("Wait until", ended.Output);
            await RestartAllAsync();
            loaded = Fingerprint();
        }
        Assert.Fail($"the rotation does not end:\n{said}");
    }

    // Between what was done and what would come next.
    private async Task KillAtNextChangeAsync(string[] rotate, string loaded)
    {
        var before = Fingerprint();
        await using var process = Start([.. rotate, .. loaded.Length > 0 ? [$"-loaded={loaded}"] : Array.Empty<string>()]);
        while (!process.HasExited && Fingerprint() == before)
            await Task.Delay(1);
        if (process.HasExited)
            return;
        await process.KillAsync();
        kills++;
    }

    private async Task InterruptedRewriteAsync(string key)
    {
        await using (var process = Start(Rewriting("-rate=10")))
        {
            while (!process.HasExited && !(await LabelsAsync()).Any(label => label.Contains("/old-", StringComparison.Ordinal) && label.EndsWith($" {key}", StringComparison.Ordinal)))
                await Task.Delay(10);
            Assert.False(process.HasExited, process.Output);
            await process.KillAsync();
        }
        var (_, report) = await ReportAsync($"-config={Config}");
        Assert.True(Total(report, "stale") > 0, report.ToString());
        await RewriteAsync();
        (_, report) = await ReportAsync($"-config={Config}");
        Assert.Equal(0, Total(report, "stale"));
    }

    private async Task AssertAllUnderAsync(string key, IReadOnlyDictionary<string, string> written)
    {
        var (code, report) = await ReportAsync($"-config={Config}");
        Assert.Equal((0, written.Count, written.Count), (code, Total(report, "objects"), Total(report, "encrypted")));
        Assert.All(report.GetProperty("objects").EnumerateArray(), o => Assert.Equal(key, o.GetProperty("keyName").GetString()));
        // And without the program's own reading of it.
        Assert.All(await LabelsAsync(), label => Assert.EndsWith($" {key}", label));
        foreach (var server in cluster.ApiServers)
        {
            Assert.DoesNotContain("first", await File.ReadAllTextAsync(server.EncryptionFile));
            Assert.Equal(Fingerprint(), Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(server.EncryptionFile))));
            foreach (var (name, value) in written)
            {
                var read = (await server.Http.GetAsync($"api/v1/namespaces/{Namespace}/secrets/{name}")).Good().Json;
                Assert.Equal(value, Encoding.UTF8.GetString(read.GetProperty("data").GetProperty("value").GetBytesFromBase64()));
            }
        }
    }

    // "key in etcd, name of the key that encrypted it", straight from the bytes.
    private async Task<IReadOnlyList<string>> LabelsAsync()
    {
        using var etcd = new EtcdClient(new EtcdOptions
        {
            Endpoints = [cluster.Etcd.Endpoint],
            Tls = TlsFiles.Read(cluster.Certificates.AuthorityFile, cluster.Certificates.CertificateFile, cluster.Certificates.KeyFile),
        });
        var found = await etcd.RangeAsync(new EtcdRange(EtcdKeys.Prefix("/registry/secrets/"u8.ToArray())), default);
        return [.. found.Entries.Select(e => $"{Encoding.UTF8.GetString(e.Key.Span)} {Encoding.Latin1.GetString(e.Value.Span).Split(':').ElementAtOrDefault(4)}")];
    }

    private async Task CreateAsync(Dictionary<string, string> present, string name, bool byKubectl)
    {
        var value = $"value of {name} {Guid.NewGuid():N}";
        if (byKubectl)
            await KubectlAsync("create", "secret", "generic", name, $"--namespace={Namespace}", $"--from-literal=value={value}");
        else
            await cluster.ApiServer.Http.CreateSecretAsync(Namespace, name, value);
        present[name] = value;
    }

    private async Task KubectlAsync(params string[] arguments)
    {
        var start = BuiltProgram.Start("kubectl", [$"--kubeconfig={cli.Environment["KUBECONFIG"]}", .. arguments]);
        start.Environment["HOME"] = cli.Home;
        var ended = await KistProcess.RunAsync(start, Patience, "", default);
        Assert.True(ended.ExitCode == 0, ended.Output + ended.Errors);
    }

    // One after the other, as on the nodes of a control plane.
    private async Task RestartAllAsync()
    {
        foreach (var server in cluster.ApiServers)
            await server.RestartAsync();
    }

    private async Task<(int ExitCode, JsonElement Report)> ReportAsync(params string[] flags)
    {
        var ended = await cli.TryAsync("", ["etcd", "report", "-resources=secrets", "-format=json", .. Etcd, .. flags]);
        Assert.True(ended.ExitCode is 0 or 3, ended.Output + ended.Errors);
        return (ended.ExitCode, JsonElement.Parse(ended.Output));
    }

    private string[] Rewriting(params string[] flags) => ["encryption", "rewrite", $"-config={Config}", "-format=json", .. Etcd, .. flags];

    private async Task<JsonElement> RewriteAsync(params string[] flags) => JsonElement.Parse(await cli.RunAsync(Rewriting(["-rate=0", .. flags])));

    private KistProcess Start(string[] arguments)
    {
        var start = BuiltProgram.Start(arguments);
        foreach (var (name, value) in cli.Environment)
            start.Environment[name] = value;
        return KistProcess.Start(start);
    }

    private string Fingerprint() => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Config)));

    private static int Total(JsonElement report, string name) => report.GetProperty("totals").GetProperty(name).GetInt32();

    private static JsonElement Found(JsonElement report, string name) =>
        report.GetProperty("objects").EnumerateArray().Single(o => o.GetProperty("name").GetString() == name);

    private static string Text(KubeApiServer server) => server.Address.GetLeftPart(UriPartial.Authority);
}
