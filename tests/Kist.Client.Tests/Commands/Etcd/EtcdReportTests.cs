using System.Text.Json;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Commands.Etcd;

public sealed class EtcdReportTests : IDisposable
{
    private readonly Fakes.Cli cli = new();

    [Fact]
    public async Task Report_of_a_snapshot_has_totals_by_namespace_and_every_object()
    {
        var result = await cli.RunAsync("etcd", "report", "-snapshot", EtcdFiles.Snapshot, "-config", EtcdFiles.Mixed);
        Assert.Equal(3, result.Code);
        Repository.AssertGolden("etcd-report.txt", EtcdFiles.Shorten(result.Output + "---\n" + result.Error));
    }

    [Fact]
    public async Task Report_is_the_same_in_json()
    {
        var result = await cli.RunAsync("etcd", "report", $"--snapshot={EtcdFiles.Snapshot}", "--config", EtcdFiles.Mixed, "--format", "json");
        Assert.Equal(3, result.Code);
        Repository.AssertGolden("etcd-report.json", result.Output);
        using var document = JsonDocument.Parse(result.Output);
        Assert.Equal(["totals", "objects"], document.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            ["objects", "encrypted", "stale", "plaintext", "undecryptable"],
            document.RootElement.GetProperty("totals").EnumerateObject().Select(p => p.Name));
        Assert.All(document.RootElement.GetProperty("objects").EnumerateArray(), o => Assert.Equal(
            ["key", "resource", "namespace", "name", "provider", "keyName", "state"], o.EnumerateObject().Select(p => p.Name)));
        Assert.Equal(result.Output, (await cli.With("KIST_FORMAT", "json").RunAsync("etcd", "report", $"-snapshot={EtcdFiles.Snapshot}", "-config", EtcdFiles.Mixed)).Output);
    }

    [Fact]
    public async Task Without_a_configuration_labels_speak_and_the_report_says_so()
    {
        var result = await cli.RunAsync("etcd", "report", "-snapshot", EtcdFiles.Snapshot, "-resources=secrets", "-findings");
        Assert.Equal(3, result.Code);
        Repository.AssertGolden("etcd-report-labels.txt", EtcdFiles.Shorten(result.Output + "---\n" + result.Error));
    }

    [Fact]
    public async Task All_as_configured_is_0_and_plaintext_by_choice_is_told()
    {
        // Namespaces are in no entry, so that plaintext is what the configuration wants.
        var result = await cli.RunAsync("etcd", "report", "-snapshot", EtcdFiles.Snapshot, "-config", EtcdFiles.Mixed, "-resources=namespaces");
        Assert.Equal(0, result.Code);
        Assert.Contains("Warning: the configuration has these stored in plaintext", result.Error);
        Assert.Contains("namespaces.", result.Error);
    }

    [Fact]
    public async Task Several_endpoints_or_none_of_the_sources_is_wrong_usage()
    {
        foreach (var line in new[] { "etcd report", "etcd report -snapshot=x -endpoints=y", "etcd report -endpoints=ftp://x", "etcd report -endpoints=x -cert=y" })
            Assert.Equal(1, (await cli.RunAsync(line.Split(" "))).Code);
    }

    [Fact]
    public async Task Slip_in_a_resource_s_name_is_wrong_usage_and_no_empty_report()
    {
        var result = await cli.RunAsync("etcd", "report", "-snapshot", EtcdFiles.Snapshot, "-resources=secret");
        Assert.Equal((1, ""), (result.Code, result.Output));
        Assert.Contains("there is no resource \"secret\" (did you mean \"secrets\"?)", result.Error);
    }

    [Fact]
    public async Task Wrong_prefix_is_a_failure_and_no_empty_report()
    {
        var result = await cli.RunAsync("etcd", "report", "-snapshot", EtcdFiles.Snapshot, "-prefix=/elsewhere");
        Assert.Equal((2, ""), (result.Code, result.Output));
        Assert.Contains("no key begins with /elsewhere/", result.Error);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("/registry/secrets")]
    public async Task Prefix_under_which_no_cluster_lies_is_a_failure_and_no_empty_report(string prefix)
    {
        foreach (var command in new[] { "report", "verify" })
        {
            var result = await cli.RunAsync("etcd", command, "-snapshot", EtcdFiles.Snapshot, "-config", EtcdFiles.Mixed, $"-prefix={prefix}");
            Assert.Equal((2, ""), (result.Code, result.Output));
            Assert.Contains("and every API server keeps some", result.Error);
        }
    }

    [Fact]
    public async Task Resource_without_objects_is_an_empty_report()
    {
        var result = await cli.RunAsync("etcd", "report", "-snapshot", EtcdFiles.Snapshot, "-resources=daemonsets", "-format=json");
        Assert.Equal(0, result.Code);
        Assert.Contains("\"objects\": []", result.Output);
        Assert.Contains("there is no object of daemonsets.apps", result.Error);
    }

    [Fact]
    public async Task Named_resource_without_objects_is_told_beside_others_that_have_some()
    {
        var result = await cli.RunAsync("etcd", "report", "-snapshot", EtcdFiles.Snapshot, "-resources=secrets,daemonsets,*.batch");
        Assert.Equal(3, result.Code);
        Assert.Contains("Note: there is no object of daemonsets.apps, *.batch.", result.Error);
        var all = await cli.RunAsync("etcd", "report", "-snapshot", EtcdFiles.Snapshot, "-resources=secrets,*.rbac.authorization.k8s.io,*.*");
        Assert.DoesNotContain("there is no object", all.Error);
    }

    [Theory]
    [InlineData("widgets.exmaple.org", "no object of \"widgets.exmaple.org\" lies in")]
    [InlineData("secrets,*.exmaple.org", "no object of \"*.exmaple.org\" lies in")]
    [InlineData("secrets,deployments.aps", "(did you mean \"deployments.apps\"?)")]
    [InlineData("secrets,newthings.apps", "no object of \"newthings.apps\" lies in")]
    public async Task Name_that_nothing_defines_is_a_failure_and_no_cluster_without_findings(string resources, string message)
    {
        foreach (var command in new[] { "report", "verify", "search" })
        {
            var result = await cli.Input("TEST-ONLY-nowhere").RunAsync(
                "etcd", command, $"-resources={resources}", "-snapshot", EtcdFiles.Snapshot, "-config", EtcdFiles.Mixed);
            Assert.Equal((2, ""), (result.Code, result.Output));
            Assert.Contains(message, result.Error);
        }
    }

    [Theory]
    [InlineData("-snapshot=/nowhere/x.db")]
    [InlineData("-snapshot=/proc/self/status")]
    [InlineData("-endpoints=127.0.0.1:1")]
    [InlineData("-endpoints=127.0.0.1:1 -cacert=/nowhere/ca.pem")]
    public async Task Source_that_cannot_be_read_is_2(string flags)
    {
        var result = await cli.RunAsync([.. "etcd report".Split(' '), .. flags.Split(' ')]);
        Assert.Equal((2, ""), (result.Code, result.Output));
        Assert.NotEmpty(result.Error);
    }

    [Fact]
    public async Task Progress_is_drawn_for_a_terminal_alone_and_leaves_nothing()
    {
        var result = await cli.OnTerminal(output: false, error: true).RunAsync("etcd", "report", "-snapshot", EtcdFiles.Snapshot, "-resources=*.*");
        Assert.Contains("[##############################] 100 %  210 of 210 keys\r\u001b[2K", result.Error);
        Assert.DoesNotContain("\u001b", (await cli.OnTerminal(false, false).RunAsync("etcd", "report", "-snapshot", EtcdFiles.Snapshot)).Error);
    }

    [Theory]
    [InlineData("secret: \"{0}\"\n", "not closed: [")]
    [InlineData("name: \"key1\"", "nmae: \"key1\"")]
    [InlineData("secret: \"", "secret: \"!!")]
    [InlineData("identity: {}", "identity: {}\n        aesgcm: {keys: [{name: a, secret: VEVTVC1PTkxZLXBsYW50ZWQtc2VjcmV0LTAxMjM0NTY=}]}")]
    [InlineData("resources:\n  - resources:", "resources: VEVTVC1PTkxZLXBsYW50ZWQtc2VjcmV0LTAxMjM0NTY=\nx:\n  - resources:")]
    public async Task Configuration_that_is_refused_is_2_and_never_shows_a_key(string good, string bad)
    {
        var text = File.ReadAllText(EtcdFiles.Mixed);
        var broken = good.Contains("{0}", StringComparison.Ordinal) ? text + bad : text.Replace(good, bad, StringComparison.Ordinal);
        Assert.NotEqual(text, broken);
        var config = cli.Home.File("config.yaml", broken);
        foreach (var command in new[] { "report", "verify" })
        {
            var result = await cli.RunAsync("etcd", command, "-snapshot", EtcdFiles.Snapshot, "-config", config);
            Assert.Equal((2, ""), (result.Code, result.Output));
            Assert.StartsWith(config, result.Error, StringComparison.Ordinal);
            Assert.All([.. EtcdFiles.KeySecrets, "VEVTVC1PTkxZLXBsYW50ZWQtc2VjcmV0LTAxMjM0NTY="], secret => Assert.DoesNotContain(secret, result.Error));
        }
    }

    [Fact]
    public async Task Configuration_that_is_no_text_is_2()
    {
        var config = Path.Combine(cli.Home.Path, "config.yaml");
        File.WriteAllBytes(config, [0xC3, 0x28, .. "TEST-ONLY"u8]);
        var result = await cli.RunAsync("etcd", "report", "-snapshot", EtcdFiles.Snapshot, "-config", config);
        Assert.Equal((2, $"{config} is not UTF-8 text\n"), (result.Code, result.Error));
    }

    public void Dispose() => cli.Dispose();
}
