using System.Text.Json;
using System.Text.RegularExpressions;
using Kist.Client.Tests.Fakes;
using Kist.Harness.Kubernetes;

namespace Kist.Client.Tests.Commands.Encryption;

/// <summary><c>encryption init, lint, explain</c>.</summary>
public sealed partial class EncryptionFilesTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly Fakes.Cli cli = new();

    private string Config => cli.Home.At("config.yaml");

    [Fact]
    public async Task Init_writes_a_sound_configuration_for_its_owner_alone()
    {
        var made = await cli.RunAsync("encryption", "init", "-key-name=key-1", Config);
        Assert.Equal(0, made.Code);
        Assert.Contains("Why secretbox: ", made.Error, StringComparison.Ordinal);
        Assert.Contains("--encryption-provider-config=" + Config, made.Output, StringComparison.Ordinal);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Config));
        var text = await File.ReadAllTextAsync(Config);
        var secret = Secret().Match(text).Groups[1].Value;
        Assert.Equal(32, Convert.FromBase64String(secret).Length);
        Assert.DoesNotContain('#', text);
        Assert.DoesNotContain(secret, made.Output + made.Error, StringComparison.Ordinal);
        Repository.AssertGolden("encryption-init.txt", Placed(made.Output));
        Repository.AssertGolden("encryption-init.yaml", text.Replace(secret, "SECRET", StringComparison.Ordinal));

        // Nothing is wrong with it, and nothing else lies beside it.
        Assert.Equal(0, (await cli.RunAsync("encryption", "lint", "-etcd-data-dir=/nowhere", Config)).Code);
        Assert.Equal([Config], Directory.GetFileSystemEntries(cli.Home.Path));
    }

    [Fact]
    public async Task Init_never_overwrites()
    {
        await cli.RunAsync("encryption", "init", Config);
        var before = await File.ReadAllTextAsync(Config);
        var again = await cli.RunAsync("encryption", "init", Config);
        Assert.Equal(2, again.Code);
        Assert.Contains("is not overwritten", again.Error, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(Config));
        Assert.Equal(2, (await cli.RunAsync("encryption", "init", cli.Home.Path)).Code);
    }

    [Fact]
    public async Task Init_does_not_advise_to_mount_the_whole_host()
    {
        var refused = await cli.RunAsync("encryption", "init", "/kist-encryption-init-test.yaml");
        Assert.Equal(1, refused.Code);
        Assert.Contains("lies in / itself", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists("/kist-encryption-init-test.yaml"));
    }

    [Fact]
    public async Task Init_into_a_folder_that_is_not_there_says_so()
    {
        var refused = await cli.RunAsync("encryption", "init", cli.Home.At("absent/config.yaml"));
        Assert.Equal(2, refused.Code);
        Assert.Contains($"there is no folder {cli.Home.At("absent")}", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_makes_another_key_each_time()
    {
        await cli.RunAsync("encryption", "init", Config);
        await cli.RunAsync("encryption", "init", cli.Home.At("other.yaml"));
        Assert.NotEqual(await File.ReadAllTextAsync(Config), await File.ReadAllTextAsync(cli.Home.At("other.yaml")));
    }

    [Theory]
    [InlineData("-kms-endpoint=unix:///run/kist.sock", "kms v2 plugin", 0)]
    [InlineData("-provider=aescbc", "has no integrity", 0)]
    [InlineData("-provider=aesgcm", "200,000 writes", 0)]
    [InlineData("-provider=kms", "a KMS needs -kms-endpoint", 1)]
    [InlineData("-provider=secretbox -kms-endpoint=unix:///run/kist.sock", "goes with -provider=kms", 1)]
    [InlineData("-kms-endpoint=tcp://host:1", "only unix is supported", 1)]
    [InlineData("-resources=secrets,*.", "overlapping", 1)]
    [InlineData("-resources=Secrets", "capital letters", 1)]
    [InlineData("-key-name=", "mandatory", 1)]
    [InlineData("-apply", "-apply needs -manifest", 1)]
    public async Task Init_says_why_or_why_not(string flags, string says, int code)
    {
        var made = await cli.RunAsync(["encryption", "init", .. flags.Split(' '), Config]);
        Assert.Equal(code, made.Code);
        Assert.Contains(says.Replace("kms v2 plugin", "KMS plugin of the second version", StringComparison.Ordinal), made.Error, StringComparison.Ordinal);
        Assert.Equal(code == 0, File.Exists(Config));
    }

    [Fact]
    public async Task Init_shows_the_change_of_a_manifest_and_makes_it_on_demand()
    {
        var (folder, manifest) = Manifest();
        var before = await File.ReadAllTextAsync(manifest);
        var shown = await cli.RunAsync("encryption", "init", $"-manifest={manifest}", Config);
        Assert.Equal(0, shown.Code);
        Assert.Contains("+    - --encryption-provider-config=" + Config, shown.Output, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(manifest));

        // The file stays; only the manifest is looked at.
        var made = await File.ReadAllTextAsync(Config);
        Assert.Equal(2, (await cli.RunAsync("encryption", "init", $"-manifest={manifest}", "-key-name=x", "-apply", Config)).Code);
        Assert.Equal(0, (await cli.RunAsync("encryption", "init", $"-manifest={manifest}", "-apply", Config)).Code);
        Assert.Equal(made, await File.ReadAllTextAsync(Config));
        Assert.Contains("- --encryption-provider-config-automatic-reload=true", await File.ReadAllTextAsync(manifest), StringComparison.Ordinal);

        // kubelet takes every file of the folder for a pod: the copy lies above it.
        Assert.Equal([manifest], Directory.GetFiles(folder));
        Assert.Equal(before, await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(cli.Home.Path, "kube-apiserver.yaml.before-*"))));
    }

    [Fact]
    public async Task Init_says_that_a_server_before_1_26_must_be_started_anew()
    {
        var (_, manifest) = Manifest();
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("    command:", "    image: kube-apiserver:v1.25.3\n    command:", StringComparison.Ordinal));
        var shown = await cli.RunAsync("encryption", "init", $"-manifest={manifest}", "-apply", Config);
        Assert.Equal(0, shown.Code);
        Assert.Contains("Its image is of 1.25, and automatic reload came with 1.26: the API server must be started anew", shown.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("automatic-reload", await File.ReadAllTextAsync(manifest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_writes_nothing_when_the_manifest_cannot_be_changed()
    {
        var manifest = cli.Home.File("pod.yaml", "kind: Pod\nspec: {containers: [{name: kube-apiserver, command: [kube-apiserver]}]}\n");
        Assert.Equal(2, (await cli.RunAsync("encryption", "init", $"-manifest={manifest}", "-apply", Config)).Code);
        Assert.False(File.Exists(Config));
    }

    [Fact]
    public async Task Lint_exits_with_3_and_tells_what_and_why()
    {
        var file = cli.Home.File("bad.yaml", Bad);
        File.SetUnixFileMode(file, OwnerOnly | UnixFileMode.OtherRead);
        var table = await cli.RunAsync("encryption", "lint", "-etcd-data-dir=/nowhere", file);
        Assert.Equal(3, table.Code);
        Repository.AssertGolden("encryption-lint.txt", Placed(table.Output));
        var json = await cli.RunAsync("encryption", "lint", "-format=json", "-etcd-data-dir=/nowhere", file);
        Assert.Equal(3, json.Code);
        Repository.AssertGolden("encryption-lint.json", Placed(json.Output));
        foreach (var finding in JsonDocument.Parse(json.Output).RootElement.GetProperty("findings").EnumerateArray())
            Assert.Equal(["level", "rule", "path", "message", "fix"], finding.EnumerateObject().Select(p => p.Name));
        Assert.DoesNotContain("VEVTVC1PTkxZ", table.Output + json.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secretbox", 0)]
    [InlineData("aescbc", 3)]
    public async Task Lint_counts_warnings_and_not_infos(string provider, int code)
    {
        await cli.RunAsync("encryption", "init", $"-provider={provider}", Config);
        var linted = await cli.RunAsync("encryption", "lint", "-format=json", "-etcd-data-dir=/nowhere", Config);
        Assert.Equal(code, linted.Code);
        Assert.Contains("backup-unknown", linted.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await cli.Input(await File.ReadAllTextAsync(Config)).RunAsync("encryption", "explain", "-")).Code);
    }

    [Theory]
    [InlineData("-etcd-data-dir=HOME", "keys-beside-etcd")]
    [InlineData("-kms-key-file=/etc/kist/kms.key -etcd-data-dir=/var/lib/etcd", "kms-key-beside-etcd", "-kms-endpoint=unix:///run/kist.sock")]
    public async Task Lint_looks_at_the_host(string flags, string rule, string provider = "-provider=secretbox")
    {
        await cli.RunAsync("encryption", "init", provider, Config);
        var linted = await cli.RunAsync(["encryption", "lint", .. flags.Replace("HOME", cli.Home.Path, StringComparison.Ordinal).Split(' '), Config]);
        Assert.Equal(3, linted.Code);
        Assert.Contains(rule, linted.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lint_takes_the_servers_gates_from_its_manifest()
    {
        var file = cli.Home.File("v1.yaml", V1);
        var (_, manifest) = Manifest("--feature-gates=KMSv1=true");
        Assert.Contains("kms-v1-disabled", (await cli.RunAsync("encryption", "lint", file)).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("kms-v1-disabled", (await cli.RunAsync("encryption", "lint", $"-manifest={manifest}", file)).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("kms-v1-disabled", (await cli.RunAsync("encryption", "lint", "-kms-v1", file)).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0")]
    [InlineData("{")]
    [InlineData("a: &a [*a]")]
    [InlineData("- - - -")]
    [InlineData("secret: VEVTVC1PTkxZLXNlY3JldGJveC1rZXkxLTAxMjM0NTY=")]
    public async Task Garbage_is_a_finding_and_never_shown(string text)
    {
        var file = cli.Home.File("garbage.yaml", text);
        var linted = await cli.RunAsync("encryption", "lint", file);
        Assert.Equal(3, linted.Code);
        var explained = await cli.RunAsync("encryption", "explain", file);
        Assert.Equal(2, explained.Code);
        Assert.DoesNotContain("VEVTVC1PTkxZ", linted.Output + linted.Error + explained.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_that_is_no_text_or_not_there_is_a_failure()
    {
        await File.WriteAllBytesAsync(Config, [0xff, 0xfe, 0x00]);
        foreach (var command in (string[])["lint", "explain"])
        {
            Assert.Equal(2, (await cli.RunAsync("encryption", command, Config)).Code);
            Assert.Equal(2, (await cli.RunAsync("encryption", command, cli.Home.At("missing"))).Code);
        }
    }

    [Fact]
    public async Task Explain_says_it_in_words()
    {
        var file = cli.Home.File("rotating.yaml", Rotating);
        var explained = await cli.RunAsync("encryption", "explain", file);
        Assert.Equal(0, explained.Code);
        Repository.AssertGolden("encryption-explain.txt", explained.Output);
        Repository.AssertGolden("encryption-explain.json", (await cli.RunAsync("encryption", "explain", "-format=json", file)).Output);
        Assert.DoesNotContain("VEVTVC1PTkxZ", explained.Output, StringComparison.Ordinal);
    }

    public void Dispose() => cli.Dispose();

    [GeneratedRegex("secret: \"([^\"]+)\"", RegexOptions.None, 1000)]
    private static partial Regex Secret();

    private const string Bad =
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources:
        - resources: [secrets, Pods]
          providers:
          - identity: {}
          - aescbc:
              keys:
              - name: key1
                secret: VEVTVC1PTkxZ

        """;

    private const string V1 =
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources: [{resources: [secrets], providers: [{kms: {name: one, endpoint: unix:///run/kms.sock}}]}]

        """;

    private const string Rotating =
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources:
        - resources: [secrets]
          providers:
          - secretbox:
              keys:
              - {name: new, secret: VEVTVC1PTkxZLXNlY3JldGJveC1rZXkxLTAxMjM0NTY=}
              - {name: old, secret: VEVTVC1PTkxZLXNlY3JldGJveC1rZXkyLTAxMjM0NTY=}
          - identity: {}
        - resources: ['*.apps']
          providers:
          - kms: {apiVersion: v2, name: kist, endpoint: unix:///run/kist.sock}
          - identity: {}

        """;

    private (string Folder, string File) Manifest(string flag = "--v=2")
    {
        var folder = Directory.CreateDirectory(cli.Home.At("manifests")).FullName;
        var file = Path.Combine(folder, "kube-apiserver.yaml");
        File.WriteAllText(file, ApiServerPod.Manifest([flag]));
        return (folder, file);
    }

    private string Placed(string text) => text.Replace(cli.Home.Path, "/home", StringComparison.Ordinal);
}
