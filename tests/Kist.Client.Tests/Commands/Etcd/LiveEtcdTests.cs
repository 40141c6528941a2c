using System.Text;
using System.Text.Json;
using Kist.Harness;
using Kist.Wire.Etcd;
using Kist.Wire.Grpc;
using Kist.Wire.Tests.Etcd;

namespace Kist.Client.Tests.Commands.Etcd;

/// <summary><c>kist etcd</c> with a real etcd.</summary>
public sealed class LiveEtcdTests : IDisposable
{
    private readonly Fakes.Cli cli = new();

    [FactNeedingEtcd]
    public async Task Etcd_that_demands_client_certificates_is_read_with_one_and_never_written()
    {
        var files = TestCertificates.Create(Directory.CreateDirectory(cli.Home.At("tls")).FullName);
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { Certificates = files });
        using var client = new EtcdClient(
            new EtcdOptions { Endpoints = [server.Endpoint], Tls = TlsFiles.Read(files.AuthorityFile, files.CertificateFile, files.KeyFile) });
        await FillAsync(client, "aescbc");
        var before = (await client.StatusAsync(server.Endpoint, CancellationToken.None)).Revision;
        string[] at = ["--endpoints", server.Endpoint.Authority, "--cacert", files.AuthorityFile, "--cert", files.CertificateFile, "--key", files.KeyFile];
        string[] with = [.. at, "--config", EtcdFiles.Configuration("aescbc-key1")];

        var report = await cli.RunAsync(["etcd", "report", .. with, "--format", "json"]);
        Assert.Equal(0, report.Code);
        Assert.Equal((14, 14), Totals(report.Output, "objects", "encrypted"));
        Assert.Equal(0, (await cli.RunAsync(["etcd", "verify", .. with])).Code);
        Assert.Equal(0, (await cli.RunAsync(["etcd", "get", "secrets/default/basic", .. with])).Code);
        Assert.Equal(0, (await cli.Input("TEST-ONLY-nowhere").RunAsync(["etcd", "search", .. with])).Code);

        var refused = await cli.RunAsync(["etcd", "report", .. at[..4]]);
        Assert.Equal((2, ""), (refused.Code, refused.Output));
        Assert.Contains(server.Endpoint.Authority, refused.Error);
        Assert.Equal(before, (await client.StatusAsync(server.Endpoint, CancellationToken.None)).Revision);
    }

    [FactNeedingEtcd]
    public async Task Plaintext_stale_and_current_objects_are_told_apart_and_found()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        await FillAsync(client, "rotation-aescbc");
        // The first endpoint is dead: the next one answers.
        var endpoints = $"--endpoints={KistServer.FreeAddress().Authority},{server.Endpoint.Authority}";
        var report = await cli.RunAsync("etcd", "report", endpoints, "--config", EtcdFiles.Configuration("aescbc-key2-key1"), "--format=json");
        Assert.Equal(3, report.Code);
        Assert.True(Totals(report.Output, "plaintext", "stale") is ( > 0, > 0), report.Output);

        var plaintext = JsonDocument.Parse(report.Output).RootElement.GetProperty("objects").EnumerateArray().First(o => o.GetProperty("state").GetString() == "plaintext");
        var key = plaintext.GetProperty("key").GetString()!;
        var get = await cli.RunAsync("etcd", "get", key, endpoints, "--unmask", "--format=json");
        var value = JsonDocument.Parse(get.Output).RootElement.GetProperty("object").GetProperty("data").EnumerateObject().First().Value;
        var search = await cli.Input(value.GetProperty("base64").GetBytesFromBase64()).RunAsync("etcd", "search", endpoints, "--format=json");
        Assert.Equal(3, search.Code);
        Assert.Contains(key, search.Output);
        Assert.Contains("only a snapshot shows", search.Error);
    }

    [FactNeedingEtcd]
    public async Task Hostile_keys_and_huge_values_are_shown_safely()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        byte[][] keys =
        [
            [.. "/registry/secrets/ns/esc\u001b[2J"u8], [.. "/registry/secrets/ns/row\nplaintext    secrets    ns    forged"u8],
            [.. "/registry/secrets/ns/"u8, 0xFF, 0xFE], [.. "/registry/secrets//"u8], [.. "/registry/secrets/a/b/c/d"u8],
            [.. "/registry/secrets/ns/\u202Egnp.exe"u8], [.. "/registry/secrets/ns/"u8, .. Encoding.ASCII.GetBytes(new string('k', 40_000))],
        ];
        foreach (var key in keys)
            await client.PutAsync(new EtcdPut(key, Encoding.ASCII.GetBytes("k8s:enc:\u001b[1mbold:" + new string('x', 300))), CancellationToken.None);
        await client.PutAsync(new EtcdPut("/registry/secrets/ns/huge"u8.ToArray(), new byte[1_400_000]), CancellationToken.None);
        await client.PutAsync(new EtcdPut("/registry/secrets/ns/empty"u8.ToArray(), default), CancellationToken.None);
        var endpoints = $"-endpoints={server.Endpoint.Authority}";

        foreach (var terminal in new[] { false, true })
        {
            var table = await cli.OnTerminal(terminal, terminal).RunAsync("etcd", "report", endpoints, "-config", EtcdFiles.Mixed);
            Assert.Equal(3, table.Code);
            Assert.DoesNotContain("\u001b", table.Output);
            Assert.DoesNotContain("\u202e", table.Output);
            Assert.Contains("esc\\x1b[2J", table.Output);
            Assert.DoesNotContain("\nplaintext    secrets    ns    forged", table.Output);
            var json = await cli.RunAsync("etcd", "report", endpoints, "-config", EtcdFiles.Mixed, "-format=json");
            using var document = JsonDocument.Parse(json.Output);
            Assert.Equal(9, document.RootElement.GetProperty("objects").GetArrayLength());
            Assert.DoesNotContain("\u001b", json.Output);
            var verify = await cli.RunAsync("etcd", "verify", endpoints, "-config", EtcdFiles.Mixed);
            Assert.Equal(3, verify.Code);
            Assert.DoesNotContain("\u001b[1m", verify.Output);
        }
    }

    [FactNeedingEtcd]
    public async Task Report_of_more_objects_than_memory_keeps_lists_each_once()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        var value = Encoding.ASCII.GetBytes("k8s:enc:secretbox:v1:key1:" + new string('x', 50));
        foreach (var numbers in Enumerable.Range(0, 20_000).Chunk(100))
        {
            var puts = numbers.Select(i => new EtcdPut(Encoding.ASCII.GetBytes($"/registry/secrets/ns-{i % 7}/secret-{i:D6}"), value));
            await client.TransactAsync(new EtcdTransaction([], [.. puts], []), CancellationToken.None);
        }
        var report = await cli.RunAsync("etcd", "report", $"-endpoints={server.Endpoint.Authority}", "-format=json");
        Assert.Equal(0, report.Code);
        using var document = JsonDocument.Parse(report.Output);
        Assert.Equal(20_000, document.RootElement.GetProperty("objects").EnumerateArray().Select(o => o.GetProperty("name").GetString()).Distinct().Count());
        Assert.Empty(Directory.EnumerateFiles(Path.GetTempPath(), "kist-????????????????????????????????"));
    }

    [FactNeedingEtcd]
    public async Task Plaintext_that_the_configuration_does_not_read_is_reported_as_plaintext_and_shown()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        await PutAsync(client, "/registry/secrets/ns/a", "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\",\"namespace\":\"ns\"}}");
        var config = cli.Home.File("config.yaml", File.ReadAllText(EtcdFiles.Configuration("aescbc-key1")).Replace("- identity: {}", "", StringComparison.Ordinal));
        string[] at = [$"-endpoints={server.Endpoint.Authority}", "-config", config];

        var report = await cli.RunAsync(["etcd", "report", .. at, "-format=json"]);
        Assert.Equal((3, (1, 0)), (report.Code, Totals(report.Output, "plaintext", "undecryptable")));
        Assert.Contains("the API server cannot read 1 of the objects", report.Error);
        var verify = await cli.RunAsync(["etcd", "verify", .. at]);
        Assert.Equal(3, verify.Code);
        Assert.Contains("without identity among the providers", verify.Output);
        var get = await cli.RunAsync(["etcd", "get", "secrets/ns/a", .. at]);
        Assert.Equal(0, get.Code);
        Assert.Contains("v1 Secret", get.Output);
        Assert.Contains("without identity among the providers", get.Error);
    }

    [FactNeedingEtcd]
    public async Task Custom_resource_without_objects_is_noted_when_it_is_defined_and_told_from_a_slip_of_the_pen()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        await PutAsync(client, "/registry/namespaces/default", "{}");
        await PutAsync(client, "/registry/apiextensions.k8s.io/customresourcedefinitions/widgets.example.org", "{}");
        foreach (var resource in new[] { "widgets.example.org", "*.example.org" })
        {
            var defined = await cli.RunAsync("etcd", "report", $"-endpoints={server.Endpoint.Authority}", $"-resources={resource}");
            Assert.Equal(0, defined.Code);
            Assert.Contains($"there is no object of {resource}", defined.Error);
        }
        foreach (var (slip, meant) in new[] { ("widgets.exmaple.org", "widgets.example.org"), ("wigdets.example.org", "widgets.example.org"), ("*.example.orq", "*.example.org") })
        {
            var report = await cli.RunAsync("etcd", "report", $"-endpoints={server.Endpoint.Authority}", $"-resources={slip}");
            Assert.Equal((2, ""), (report.Code, report.Output));
            Assert.Contains($"no object of \"{slip}\" (did you mean \"{meant}\"?)", report.Error);
        }
    }

    [FactNeedingEtcd]
    public async Task Objects_of_resources_that_are_not_known_are_counted_and_told()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        await PutAsync(client, "/registry/newthings/ns/a", "{\"apiVersion\":\"apps/v1\",\"kind\":\"NewThing\",\"metadata\":{\"name\":\"a\",\"namespace\":\"ns\"}}");
        foreach (var resources in new[] { "*.*", "*.apps", "newthings.apps" })
        {
            var report = await cli.RunAsync("etcd", "report", $"-endpoints={server.Endpoint.Authority}", $"-resources={resources}", "-format=json");
            Assert.Equal((3, (1, 1)), (report.Code, Totals(report.Output, "objects", "plaintext")));
            // Who named the resource with its group has told it.
            Assert.Equal(resources != "newthings.apps", report.Error.Contains("1 objects lie under names that this program does not know (newthings)", StringComparison.Ordinal));
        }
    }

    [FactNeedingEtcd]
    public async Task Search_for_a_file_of_wide_characters_finds_it_as_kubectl_stored_it_and_as_text()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        byte[] file = [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("TEST-ONLY-wide\r\n")];
        var path = cli.Home.At("value");
        File.WriteAllBytes(path, file);
        // --from-file keeps the bytes; a field of text, in a form or a chart, gets the text.
        await client.PutAsync(new EtcdPut("/registry/secrets/ns/as-given"u8.ToArray(), (byte[])[.. "k8s\0"u8, .. file]), CancellationToken.None);
        await PutAsync(client, "/registry/secrets/ns/as-text", "k8s\0TEST-ONLY-wide");
        var search = await cli.RunAsync("etcd", "search", $"@{path}", $"-endpoints={server.Endpoint.Authority}", "-format=json");
        Assert.Equal(3, search.Code);
        Assert.Contains("/registry/secrets/ns/as-given", search.Output);
        Assert.Contains("/registry/secrets/ns/as-text", search.Output);
        Assert.DoesNotContain("TEST-ONLY-wide", search.Output + search.Error);
    }

    [FactNeedingEtcd]
    public async Task Rewrite_against_another_etcd_or_prefix_does_not_look_complete()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        await PutAsync(client, "/registry/events/default/e", "k8s\0plain");
        string[] rewrite =
        [
            "encryption", "rewrite", $"-endpoints={server.Endpoint.Authority}", "-config", EtcdFiles.Configuration("aescbc-key1"),
            "-kubeconfig", cli.Home.File("kubeconfig", """
                contexts: [{name: here, context: {cluster: here}}]
                clusters: [{name: here, cluster: {server: "http://127.0.0.1:1"}}]
                current-context: here
                """),
        ];
        var wrongEtcd = await cli.RunAsync(rewrite);
        Assert.Equal(2, wrongEtcd.Code);
        Assert.Contains("no namespace lies under /registry/", wrongEtcd.Error);
        await PutAsync(client, "/registry/namespaces/default", "k8s\0plain");
        var wrongPrefix = await cli.RunAsync([.. rewrite, "-prefix=/"]);
        Assert.Equal(2, wrongPrefix.Code);
        Assert.Contains("no namespace lies under /", wrongPrefix.Error);

        // Now it goes on, to an API server that is not there.
        var right = await cli.RunAsync(rewrite);
        Assert.Equal(2, right.Code);
        Assert.DoesNotContain("no namespace", right.Error);
    }

    [FactNeedingEtcd]
    public async Task Search_of_a_live_etcd_looks_at_keys_outside_the_prefix_too_unless_resources_are_named()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        await PutAsync(client, "/registry/secrets/ns/a", "k8s:enc:aescbc:v1:key1:xxx");
        await PutAsync(client, "/calico/v1/password", "TEST-ONLY-outside");
        string[] line = ["etcd", "search", "-", $"-endpoints={server.Endpoint.Authority}"];
        var everywhere = await cli.Input("TEST-ONLY-outside").RunAsync(line);
        Assert.Equal(3, everywhere.Code);
        Assert.Contains("/calico/v1/password", everywhere.Output);
        await PutAsync(client, "/registry/secrets/ns/b", "TEST-ONLY-inside");
        Assert.Equal(3, (await cli.Input("TEST-ONLY-inside").RunAsync([.. line, "-resources=*."])).Code);
        Assert.Equal(0, (await cli.Input("TEST-ONLY-inside").RunAsync([.. line, "-resources=*.batch"])).Code);
        foreach (var resources in new[] { "*.*", "secrets" })
            Assert.Equal(0, (await cli.Input("TEST-ONLY-outside").RunAsync([.. line, $"-resources={resources}"])).Code);
    }

    public void Dispose() => cli.Dispose();

    private static async Task PutAsync(EtcdClient client, string key, string value) =>
        await client.PutAsync(new EtcdPut(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value)), CancellationToken.None);

    private static async Task FillAsync(EtcdClient client, string file)
    {
        var path = Path.Combine(Fakes.Repository.Root, "tests/Kist.Kubernetes.Tests/vectors", file + ".json");
        using var vectors = JsonDocument.Parse(File.ReadAllBytes(path));
        foreach (var entry in vectors.RootElement.GetProperty("entries").EnumerateArray())
        {
            var key = Encoding.UTF8.GetBytes(entry.GetProperty("key").GetString()!);
            await client.PutAsync(new EtcdPut(key, entry.GetProperty("value_base64").GetBytesFromBase64()), CancellationToken.None);
        }
    }

    private static (int First, int Second) Totals(string json, string first, string second)
    {
        using var document = JsonDocument.Parse(json);
        var totals = document.RootElement.GetProperty("totals");
        return (totals.GetProperty(first).GetInt32(), totals.GetProperty(second).GetInt32());
    }
}
