using System.Security.Cryptography;
using System.Text;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;
using Kist.Harness.Kubernetes;
using Kist.Kubernetes;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Encryption;
using Kist.Wire.Etcd;

namespace Kist.EndToEnd.Tests.Encryption;

/// <summary><c>kist encryption rotate</c> by the built program, with a real etcd and an API server that a stub stands in for.</summary>
public sealed class RotateTests : IAsyncLifetime
{
    private static readonly byte[] Object = [.. "k8s\0"u8, 1, 2, 3];
    private readonly ApiServerStub server = new();
    private readonly string home = Directory.CreateTempSubdirectory("kist-rotate-").FullName;
    private EtcdServer etcd = null!;
    private Cli cli = null!;

    private string Config => Path.Combine(home, "enc", "config.yaml");

    private string Manifest => Path.Combine(home, "manifests", "kube-apiserver.yaml");

    private string EtcdServers => $"--etcd-servers={etcd.Endpoint.GetLeftPart(UriPartial.Authority)}";

    private string Hash => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Config)));

    public async Task InitializeAsync()
    {
        etcd = await EtcdServer.StartAsync(new EtcdServerOptions());
        cli = new Cli(BuiltProgram.Path, Path.Combine(home, "user"), new Uri("http://127.0.0.1:1"), null);
        Directory.CreateDirectory(Path.GetDirectoryName(Config)!);
        Directory.CreateDirectory(Path.GetDirectoryName(Manifest)!);
        await cli.RunAsync("encryption", "init", "-provider=aescbc", "-key-name=old", Config);
        await StoreAsync("a", "b");
        await etcd.ControlAsync("put", "/registry/namespaces/default", "a namespace");
    }

    [FactNeeding(Need.Etcd)]
    public async Task Rotation_goes_through_all_steps_and_each_run_goes_on_from_what_it_sees()
    {
        server.Hash = Hash;
        var loaded = Hash;
        string[] rotate = ["-to=new", "-provider=secretbox", $"-server={server.Address}", $"-endpoints={etcd.Endpoint}"];
        Assert.Contains("Add the new key: ", await RotateAsync(3, [.. rotate, "-dry-run"]), StringComparison.Ordinal);
        Assert.Equal(loaded, Hash);

        var added = await RotateAsync(3, rotate);
        Assert.Contains("Add the new key: ", added, StringComparison.Ordinal);
        Assert.Contains("its metrics show the hash of another file", added, StringComparison.Ordinal);
        Assert.DoesNotContain("Add the new key", await RotateAsync(3, rotate), StringComparison.Ordinal);

        // No API server keeps a lease: that this one is the only one, somebody must say.
        server.Hash = Hash;
        Assert.Contains("none keeps a lease in etcd", await RotateAsync(3, rotate), StringComparison.Ordinal);
        rotate = [.. rotate, "-servers-are-all"];

        // Another API server lives, of which nobody spoke; then it has gone.
        await etcd.ControlAsync("put", "/registry/leases/kube-system/apiserver-07a5ea9b9b072c4a5f3d1c3702", "a lease");
        Assert.Contains("leases apiserver-07a5ea9b9b072c4a5f3d1c3702: not all of them were asked", await RotateAsync(3, rotate), StringComparison.Ordinal);
        await etcd.ControlAsync("del", "/registry/leases/kube-system/apiserver-07a5ea9b9b072c4a5f3d1c3702");
        Assert.Contains("Make it write: ", await RotateAsync(3, rotate), StringComparison.Ordinal);
        server.Hash = Hash;
        var old = Hash;
        Assert.Contains("2 secrets under aescbc key \"old\"", await RotateAsync(3, rotate), StringComparison.Ordinal);
        await StoreAsync("a");
        Assert.Contains("1 secrets under aescbc key \"old\"", await RotateAsync(3, rotate), StringComparison.Ordinal);
        Assert.Equal(old, Hash);

        await StoreAsync("b");
        Assert.Contains("Remove the old keys: ", await RotateAsync(3, rotate), StringComparison.Ordinal);
        server.Hash = Hash;
        Assert.Contains("Done: ", await RotateAsync(0, rotate), StringComparison.Ordinal);
        Assert.DoesNotContain("old", await File.ReadAllTextAsync(Config), StringComparison.Ordinal);
        Assert.Equal(3, Directory.GetFiles(Path.GetDirectoryName(Config)!, "config.yaml.before-*").Length);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(Config)!, ".*"));
    }

    [FactNeeding(Need.Etcd)]
    public async Task Manifest_tells_how_etcd_is_reached_and_marks_each_change_so_that_kubelet_starts_the_server_anew()
    {
        await File.WriteAllTextAsync(Manifest, ApiServerPod.Manifest([$"--encryption-provider-config={Config}", EtcdServers], mounted: Config));
        string[] rotate = ["-to=new", $"-server={server.Address}", "-servers-are-all", $"-manifest={Manifest}", "-apply"];
        var added = await RotateAsync(3, rotate);
        Assert.Contains("mounts the file and not its folder", added, StringComparison.Ordinal);
        Assert.Contains($"kist/encryption-config: \"sha256:{Hash}\"", await File.ReadAllTextAsync(Manifest), StringComparison.Ordinal);
        Assert.Equal([Manifest], Directory.GetFiles(Path.GetDirectoryName(Manifest)!));
        Assert.Single(Directory.GetFiles(home, "kube-apiserver.yaml.before-*"));

        // It was not started yet: nothing is done twice.
        await RotateAsync(3, rotate);
        Assert.Single(Directory.GetFiles(home, "kube-apiserver.yaml.before-*"));
        File.SetLastWriteTimeUtc(Config, File.GetLastWriteTimeUtc(Config).AddMinutes(-5));
        server.Started = new DateTimeOffset(File.GetLastWriteTimeUtc(Config), TimeSpan.Zero).AddMinutes(1);
        Assert.Contains("Make it write: ", await RotateAsync(3, rotate), StringComparison.Ordinal);
        Assert.Contains($"kist/encryption-config: \"sha256:{Hash}\"", await File.ReadAllTextAsync(Manifest), StringComparison.Ordinal);
    }

    [FactNeeding(Need.Etcd)]
    public async Task What_cannot_be_seen_is_not_taken_for_done()
    {
        var before = Hash;
        Directory.CreateDirectory(Path.GetDirectoryName(Manifest)!);
        string[] flags =
        [
            $"--encryption-provider-config={Config}", EtcdServers,
            "--etcd-servers-overrides=/events#https://127.0.0.1:4001,/secrets#https://127.0.0.1:4002",
        ];
        await File.WriteAllTextAsync(Manifest, ApiServerPod.Manifest(flags));
        Assert.Contains("another etcd", await FailAsync(1, "-to=new", $"-manifest={Manifest}"), StringComparison.Ordinal);

        using (var client = new EtcdClient(new EtcdOptions { Endpoints = [etcd.Endpoint] }))
            await client.PutAsync(new EtcdPut("/registry/novelties/ns/n"u8.ToArray(), "k8s:enc:aescbc:v1:old:0123"u8.ToArray()), CancellationToken.None);
        Assert.Contains(
            "/registry/novelties/ns/n is encrypted, and this program does not know what resource that is",
            await FailAsync(2, "-to=new", $"-endpoints={etcd.Endpoint}", $"-server={server.Address}"),
            StringComparison.Ordinal);
        Assert.Equal(before, Hash);
    }

    [FactNeeding(Need.Etcd)]
    public async Task Another_etcd_or_prefix_does_not_make_the_old_key_look_unused()
    {
        // As after the second step: the new key writes, and both objects are under the old one.
        server.Hash = Hash;
        string[] rotate = ["-to=new", $"-server={server.Address}", "-servers-are-all"];
        await RotateAsync(3, [.. rotate, $"-endpoints={etcd.Endpoint}"]);
        server.Hash = Hash;
        await RotateAsync(3, [.. rotate, $"-endpoints={etcd.Endpoint}"]);
        server.Hash = Hash;
        var before = Hash;
        await using var events = await EtcdServer.StartAsync(new EtcdServerOptions());
        await events.ControlAsync("put", "/registry/events/default/e", "an event");
        foreach (var flags in (string[][])[[$"-endpoints={events.Endpoint}"], [$"-endpoints={etcd.Endpoint}", "-prefix="], [$"-endpoints={etcd.Endpoint}", "-prefix=/"]])
            Assert.Contains("no namespace lies there", await FailAsync(2, [.. rotate, .. flags]), StringComparison.Ordinal);
        Assert.Equal(before, Hash);
        Assert.Contains("2 secrets under aescbc key \"old\"", await RotateAsync(3, [.. rotate, $"-endpoints={etcd.Endpoint}"]), StringComparison.Ordinal);
    }

    [FactNeeding(Need.Etcd)]
    public async Task Wrong_usage_and_what_is_not_there_change_nothing()
    {
        var before = Hash;
        Assert.Contains("name the new key", await FailAsync(1, "-endpoints=http://127.0.0.1:1"), StringComparison.Ordinal);
        Assert.Contains("say how etcd is reached", await FailAsync(1, "-to=new"), StringComparison.Ordinal);
        Assert.Contains("etcd: ", await FailAsync(2, "-to=new", "-endpoints=http://127.0.0.1:1"), StringComparison.Ordinal);
        Assert.Contains("no key in etcd begins with /other/", await FailAsync(2, "-to=new", $"-endpoints={etcd.Endpoint}", "-prefix=/other"), StringComparison.Ordinal);
        Assert.Contains("write an API server's address", await FailAsync(1, "-to=new", $"-endpoints={etcd.Endpoint}", "-server=10.0.0.5"), StringComparison.Ordinal);
        Assert.Equal(before, Hash);
    }

    public async Task DisposeAsync()
    {
        server.Dispose();
        await etcd.DisposeAsync();
        Directory.Delete(home, recursive: true);
    }

    private async Task<string> RotateAsync(int code, params string[] flags)
    {
        var ended = await cli.TryAsync("", ["encryption", "rotate", .. flags, Config]);
        Assert.True(ended.ExitCode == code, $"ended with {ended.ExitCode}: {ended.Output}{ended.Errors}");
        foreach (var line in (await File.ReadAllTextAsync(Config)).Split('\n').Where(l => l.Contains("secret:", StringComparison.Ordinal)))
            Assert.DoesNotContain(line.Split('"')[1], ended.Output + ended.Errors, StringComparison.Ordinal);
        return ended.Output + ended.Errors;
    }

    private Task<string> FailAsync(int code, params string[] flags) => cli.FailAsync(code, ["encryption", "rotate", .. flags, Config]);

    // As an API server that has loaded the file would.
    private async Task StoreAsync(params string[] names)
    {
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [etcd.Endpoint] });
        var configuration = ConfigurationFile.Load(await File.ReadAllTextAsync(Config), LintFacts.None).Value;
        using var chains = ProviderChains.Create(configuration, _ => null, new AtRestOptions()).Value;
        foreach (var name in names)
        {
            var key = Encoding.UTF8.GetBytes($"/registry/secrets/default/{name}");
            var stored = await chains.For(GroupResource.Parse("secrets")).WriteAsync(key, Object, CancellationToken.None);
            await client.PutAsync(new EtcdPut(key, stored.Value), CancellationToken.None);
        }
    }
}
