using System.Text.Json.Nodes;
using Kist.Engines.Kv.V2;

namespace Kist.Engines.Tests.Kv.V2;

/// <summary>Wire shapes and messages of <c>metadata</c>, <c>detailed-metadata</c> and <c>config</c>, as clients know them.</summary>
public sealed class KvMetadataTests
{
    [Fact]
    public async Task Metadata_has_the_documented_shape()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write(
            "metadata/a",
            """{"max_versions":"5","cas_required":"false","delete_version_after":"3h25m19s","custom_metadata":{"n":123,"owner":"jdoe"}}"""));
        host.Clock.Advance(TimeSpan.FromTicks(1_234_500));
        await host.OkAsync(KvRequest.Write("data/a", """{"data":{}}"""));
        AssertJson(
            """
            {
              "cas_required": false, "created_time": "2025-03-01T12:00:00Z", "current_version": 1, "custom_metadata": {"n": "123", "owner": "jdoe"},
              "delete_version_after": "3h25m19s", "max_versions": 5, "oldest_version": 0, "updated_time": "2025-03-01T12:00:00.12345Z",
              "versions": {"1": {"created_time": "2025-03-01T12:00:00.12345Z", "deletion_time": "2025-03-01T15:25:19.12345Z", "destroyed": false}}
            }
            """,
            (await host.OkAsync(KvRequest.Read("metadata/a"))).Body);
    }

    [Fact]
    public async Task Metadata_without_versions_has_no_data()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("metadata/a", """{"custom_metadata":{"k":"v"}}"""));
        Assert.Equal("not_found", (await host.SendAsync(KvRequest.Read("data/a"))).Result);
        Assert.Empty((await host.OkAsync(KvRequest.Read("metadata/a"))).At("versions")!.AsObject());
        Assert.Equal(["a"], (await host.OkAsync(KvRequest.List("metadata/"))).Keys);
        var written = await host.OkAsync(KvRequest.Write("data/a", """{"data":{},"options":{"cas":0}}"""));
        AssertJson("""{"k":"v"}""", written.At("custom_metadata"));
    }

    [Fact]
    public async Task An_empty_write_makes_nothing()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("metadata/a", "{}"));
        Assert.Empty(await host.StoredPathsAsync());
    }

    [Fact]
    public async Task A_write_replaces_all_labels_and_a_patch_merges_them()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("metadata/a", """{"max_versions":3,"custom_metadata":{"a":"1","b":"2"}}"""));
        await host.OkAsync(KvRequest.Patch("metadata/a", """{"custom_metadata":{"a":null,"c":3},"cas_required":true}"""));
        var metadata = await host.OkAsync(KvRequest.Read("metadata/a"));
        AssertJson("""{"b":"2","c":"3"}""", metadata.At("custom_metadata"));
        Assert.Equal(3, metadata.At("max_versions")!.GetValue<int>());
        await host.OkAsync(KvRequest.Write("metadata/a", """{"custom_metadata":{"d":"4"}}"""));
        AssertJson("""{"d":"4"}""", (await host.OkAsync(KvRequest.Read("metadata/a"))).At("custom_metadata"));
    }

    [Theory]
    [InlineData("""{"max_versions":-1}""", "kv.invalid_max_versions")]
    [InlineData("""{"max_versions":"many"}""", "request.invalid_field")]
    [InlineData("""{"cas_required":"maybe"}""", "request.invalid_field")]
    [InlineData("""{"delete_version_after":"-1s"}""", "kv.invalid_duration")]
    [InlineData("""{"delete_version_after":"soon"}""", "request.invalid_field")]
    [InlineData("""{"custom_metadata":{"k":""}}""", "kv.invalid_custom_metadata")]
    [InlineData("""{"custom_metadata":{"k":{}}}""", "request.invalid_field")]
    public async Task Bad_settings_are_refused_by_write_and_patch_alike(string body, string code)
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("metadata/a", """{"max_versions":7}"""));
        var before = (await host.OkAsync(KvRequest.Read("metadata/a"))).Body;
        foreach (var request in new[] { KvRequest.Write("metadata/a", body), KvRequest.Patch("metadata/a", body) })
        {
            var answer = await host.SendAsync(request);
            Assert.True(code == answer.Result, $"{request}: {answer}");
        }
        Assert.True(JsonNode.DeepEquals(before, (await host.OkAsync(KvRequest.Read("metadata/a"))).Body));
    }

    [Fact]
    public async Task A_patch_may_not_exceed_the_number_of_labels_in_all()
    {
        using var host = await KvHost.StartAsync("2");
        var labels = string.Join(',', Enumerable.Range(0, 64).Select(i => $"\"{i}\":\"v\""));
        await host.OkAsync(KvRequest.Write("metadata/a", $$$"""{"custom_metadata":{ {{{labels}}} }}"""));
        Assert.Equal("kv.invalid_custom_metadata", (await host.SendAsync(KvRequest.Patch("metadata/a", """{"custom_metadata":{"x":"v"}}"""))).Result);
        await host.OkAsync(KvRequest.Patch("metadata/a", """{"custom_metadata":{"x":"v","0":null}}"""));
    }

    [Fact]
    public async Task A_setting_without_effect_is_answered_with_a_warning()
    {
        const string warning = "\"cas_required\" set to false, but is mandated by backend config. This value will be ignored.";
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("config", """{"cas_required":true}"""));
        Assert.Equal([warning], (await host.OkAsync(KvRequest.Write("metadata/a", """{"cas_required":false}"""))).Warnings);
        Assert.Equal([warning], (await host.OkAsync(KvRequest.Patch("metadata/a", """{"cas_required":false}"""))).Warnings);
        Assert.Empty((await host.OkAsync(KvRequest.Write("metadata/a", """{"cas_required":true}"""))).Warnings);
    }

    [Fact]
    public async Task A_patch_needs_a_secret()
    {
        using var host = await KvHost.StartAsync("2");
        Assert.Equal("not_found", (await host.SendAsync(KvRequest.Patch("metadata/a", """{"max_versions":1}"""))).Result);
    }

    [Fact]
    public async Task Config_has_the_documented_shape()
    {
        using var host = await KvHost.StartAsync("2");
        AssertJson("""{"cas_required":false,"delete_version_after":"0s","max_versions":0}""", (await host.OkAsync(KvRequest.Read("config"))).Body);
        await host.OkAsync(KvRequest.Write("config", """{"max_versions":5,"delete_version_after":"3h25m19s"}"""));
        await host.OkAsync(KvRequest.Write("config", """{"cas_required":true}"""));
        AssertJson(
            """{"cas_required":true,"delete_version_after":"3h25m19s","max_versions":5}""", (await host.OkAsync(KvRequest.Read("config"))).Body);
        await host.OkAsync(KvRequest.Write("config", """{"delete_version_after":"-5h"}"""));
        Assert.Equal("-1s", (await host.OkAsync(KvRequest.Read("config"))).At("delete_version_after")!.GetValue<string>());
        Assert.Equal("kv.invalid_max_versions", (await host.SendAsync(KvRequest.Write("config", """{"max_versions":-1}"""))).Result);
    }

    [Fact]
    public async Task Detailed_metadata_lists_secrets_with_their_metadata()
    {
        using var host = await KvHost.StartAsync("2");
        foreach (var path in new[] { "f/a", "f/b/c", "f/d" })
            await host.OkAsync(KvRequest.Write($"data/{path}", """{"data":{}}"""));
        var list = await host.OkAsync(KvRequest.List("detailed-metadata/f"));
        Assert.Equal(["a", "b/", "d"], list.Keys);
        var info = list.At("key_info")!.AsObject();
        Assert.Equal(["a", "d"], info.Select(member => member.Key));
        Assert.True(JsonNode.DeepEquals((await host.OkAsync(KvRequest.Read("metadata/f/d"))).Body, info["d"]));

        var scan = await host.OkAsync(KvRequest.Scan("detailed-metadata/f"));
        Assert.Equal(["a", "b/c", "d"], scan.Keys);
        Assert.Equal(["a", "b/c", "d"], scan.At("key_info")!.AsObject().Select(member => member.Key));
    }

    [Fact]
    public async Task Detailed_metadata_has_a_most_of_names_and_pages_beyond()
    {
        using var host = await KvHost.StartAsync("2");
        string[] names = [.. Enumerable.Range(0, DetailedMetadata.MostNames + 1).Select(i => $"{i:D4}")];
        foreach (var name in names)
            await host.OkAsync(KvRequest.Write($"metadata/{name}", """{"max_versions":1}"""));
        foreach (var request in new[] { "detailed-metadata/", "detailed-metadata/?limit=100000" })
        {
            var list = await host.OkAsync(KvRequest.List(request));
            Assert.Equal(names[..^1], list.Keys);
            Assert.Equal(list.Keys, list.At("key_info")!.AsObject().Select(member => member.Key));
            Assert.StartsWith("There is more: the answer has the first 1000 names.", Assert.Single(list.Warnings), StringComparison.Ordinal);
        }
        var rest = await host.OkAsync(KvRequest.Scan($"detailed-metadata/?after={names[^2]}"));
        Assert.Equal(names[^1..], rest.Keys);
        Assert.Empty(rest.Warnings);
        Assert.Empty((await host.OkAsync(KvRequest.List("detailed-metadata/?limit=1000"))).Warnings);
    }

    [Fact]
    public async Task Detailed_metadata_ends_after_a_most_of_versions()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("config", """{"max_versions":3500}"""));
        for (var version = 0; version < DetailedMetadata.MostVersions / 3; version++)
        {
            foreach (var name in new[] { "a", "b", "c" })
                await host.OkAsync(KvRequest.Write($"data/{name}", """{"data":{}}"""));
        }
        await host.OkAsync(KvRequest.Write("data/d", """{"data":{}}"""));
        await host.OkAsync(KvRequest.Write("data/e", """{"data":{}}"""));
        var list = await host.OkAsync(KvRequest.List("detailed-metadata/"));
        Assert.Equal(["a", "b", "c", "d"], list.Keys);
        Assert.Single(list.Warnings);
    }

    private static void AssertJson(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}\nactual   {actual?.ToJsonString()}");
}
