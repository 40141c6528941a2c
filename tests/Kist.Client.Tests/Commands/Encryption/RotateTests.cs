using Kist.Harness.Kubernetes;

namespace Kist.Client.Tests.Commands.Encryption;

/// <summary><c>encryption rotate</c>, as far as it goes without a cluster.</summary>
public sealed class RotateTests : IDisposable
{
    private readonly Fakes.Cli cli = new();

    public void Dispose() => cli.Dispose();

    [Theory]
    [InlineData("-loaded=4f6c2b", "-loaded takes the file's SHA-256")]
    [InlineData("-loaded=config.yaml", "-loaded takes the file's SHA-256")]
    [InlineData("-servers-are-all", "-servers-are-all needs -server")]
    public async Task What_would_count_for_nothing_is_refused(string flag, string says)
    {
        var refused = await cli.RunAsync("encryption", "rotate", "-to=new", "-endpoints=http://127.0.0.1:1", flag, cli.Home.At("config.yaml"));
        Assert.Equal(1, refused.Code);
        Assert.Contains(says, refused.Error, StringComparison.Ordinal);
    }

    // Without an etcd, what goes through ends there.
    [Theory]
    [InlineData("secrets,configmaps", "", 2, "etcd: ")]
    [InlineData("*.*", "", 1, "-etcd-is-all")]
    [InlineData("*.", "", 1, "-etcd-is-all")]
    [InlineData("secrets,events", "", 1, "-etcd-is-all")]
    [InlineData("*.*", "-etcd-is-all", 2, "etcd: ")]
    public async Task Without_a_manifest_somebody_says_that_events_do_not_lie_in_another_etcd(string resources, string flag, int code, string says)
    {
        var config = await InitAsync(resources);
        var refused = await cli.RunAsync(["encryption", "rotate", "-to=new", "-endpoints=http://127.0.0.1:1", .. flag.Split(' ', StringSplitOptions.RemoveEmptyEntries), config]);
        Assert.Equal(code, refused.Code);
        Assert.Contains(says, refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secrets,configmaps", "/events#http://127.0.0.1:2", 2, "etcd: ")]
    [InlineData("secrets,configmaps", "/events#http://127.0.0.1:2,/configmaps#http://127.0.0.1:3;http://127.0.0.1:4", 1, "--etcd-servers-overrides=/configmaps#http://127.0.0.1:3")]
    [InlineData("*.*", "/events#http://127.0.0.1:2", 1, "--etcd-servers-overrides=/events#")]
    [InlineData("*.apps", "apps/deployments#http://127.0.0.1:2", 1, "--etcd-servers-overrides=apps/deployments#")]
    [InlineData("*.apps", "batch/jobs#http://127.0.0.1:2", 2, "etcd: ")]
    [InlineData("*.*", "", 2, "etcd: ")]
    public async Task Another_etcd_is_in_the_way_only_of_what_the_file_encrypts_there(string resources, string overrides, int code, string says)
    {
        var config = await InitAsync(resources);
        var manifest = Manifest($"--encryption-provider-config={config}", overrides.Length > 0 ? $"--etcd-servers-overrides={overrides}" : "--v=2");
        var refused = await cli.RunAsync("encryption", "rotate", "-to=new", $"-manifest={manifest}", config);
        Assert.Equal(code, refused.Code);
        Assert.Contains(says, refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("/events#http://127.0.0.1:2,", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Api_server_that_does_not_encrypt_yet_is_told_of_with_the_change_that_it_needs()
    {
        var config = await InitAsync("secrets");
        var manifest = Manifest("--v=2");
        var refused = await cli.RunAsync("encryption", "rotate", "-to=new", $"-manifest={manifest}", config);
        Assert.Equal(2, refused.Code);
        Assert.Contains($"the API server does not encrypt yet; change {manifest} first:", refused.Error, StringComparison.Ordinal);
        Assert.Contains($"+    - --encryption-provider-config={config}", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Api_server_that_uses_another_file_is_told_of()
    {
        var config = await InitAsync("secrets");
        var manifest = Manifest($"--encryption-provider-config={cli.Home.At("enc/other.yaml")}");
        var refused = await cli.RunAsync("encryption", "rotate", "-to=new", $"-manifest={manifest}", config);
        Assert.Equal(2, refused.Code);
        Assert.Contains($"the API server of {manifest} uses {cli.Home.At("enc/other.yaml")}, not {config}", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-server=http://10.0.0.5:6443", "in the clear")]
    [InlineData("-server=http://127.0.0.1:8080 -server-token-file=TOKEN", "in the clear")]
    [InlineData("-server=https://10.0.0.5:6443 -server=http://10.0.0.6:6443 -server-token-file=TOKEN", "-server=http://10.0.0.6:6443 would be asked in the clear")]
    [InlineData("-server=10.0.0.5:6443", "write an API server's address as https://10.0.0.5:6443")]
    public async Task Api_servers_are_not_asked_in_the_clear(string flags, string says)
    {
        var token = cli.Home.File("token", "secret-token");
        var refused = await cli.RunAsync(
            ["encryption", "rotate", "-to=new", "-endpoints=http://127.0.0.1:1", .. flags.Replace("TOKEN", token, StringComparison.Ordinal).Split(' '), cli.Home.At("config.yaml")]);
        Assert.Equal(1, refused.Code);
        Assert.Contains(says, refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-token", refused.Error, StringComparison.Ordinal);
    }

    private async Task<string> InitAsync(string resources)
    {
        Directory.CreateDirectory(cli.Home.At("enc"));
        var config = cli.Home.At("enc/config.yaml");
        Assert.Equal(0, (await cli.RunAsync("encryption", "init", "-key-name=old", $"-resources={resources}", config)).Code);
        return config;
    }

    private string Manifest(params string[] flags) => cli.Home.File(
        "kube-apiserver.yaml", ApiServerPod.Manifest(["--etcd-servers=http://127.0.0.1:1", .. flags], mounted: cli.Home.At("enc")));
}
