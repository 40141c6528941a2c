using System.Text.Json.Nodes;

namespace Kist.Engines.Tests.Kv.V2;

/// <summary>Wire shapes and messages of <c>data</c>, <c>subkeys</c> and the version states, as clients know them.</summary>
public sealed class KvDataTests
{
    private const string Time = "2025-03-01T12:00:00Z";

    [Fact]
    public async Task A_write_answers_the_version_and_a_read_the_data()
    {
        using var host = await KvHost.StartAsync("2");
        var written = await host.SendAsync(KvRequest.Write("data/app/db", """{"data":{"user":"u","n":1.50}}"""));
        AssertJson($$"""{"created_time":"{{Time}}","custom_metadata":null,"deletion_time":"","destroyed":false,"version":1}""", written.Body);
        Assert.True(written.Index > 0);

        var read = await host.SendAsync(KvRequest.Read("data/app/db"));
        AssertJson(
            $$$"""
            {
              "data": {"user": "u", "n": 1.50},
              "metadata": {"created_time": "{{{Time}}}", "custom_metadata": null, "deletion_time": "", "destroyed": false, "version": 1}
            }
            """,
            read.Body);
        Assert.Equal("1.50", read.At("data", "n")!.ToJsonString());
        Assert.Equal(0, read.Index);
    }

    [Fact]
    public async Task A_deleted_version_answers_gone_with_its_metadata()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("data/a", """{"data":{"k":"v"}}"""));
        host.Clock.Advance(TimeSpan.FromSeconds(1.5));
        await host.OkAsync(KvRequest.Delete("data/a"));

        foreach (var (path, name) in new[] { ("data/a", "data"), ("data/a?version=1", "data"), ("subkeys/a", "subkeys") })
        {
            var read = await host.SendAsync(KvRequest.Read(path));
            Assert.Equal("gone", read.Result);
            AssertJson(
                $$$"""
                {
                  "{{{name}}}": null,
                  "metadata": {
                    "created_time": "{{{Time}}}", "custom_metadata": null, "deletion_time": "2025-03-01T12:00:01.5Z", "destroyed": false, "version": 1
                  }
                }
                """,
                read.Body);
        }
    }

    [Fact]
    public async Task A_patch_of_a_deleted_version_answers_gone_with_flat_metadata()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("data/a", """{"data":{"k":"v"}}"""));
        await host.OkAsync(KvRequest.Write("destroy/a", """{"versions":[1]}"""));
        var patched = await host.SendAsync(KvRequest.Patch("data/a", """{"data":{"k":"w"}}"""));
        Assert.Equal("gone", patched.Result);
        AssertJson($$"""{"created_time":"{{Time}}","custom_metadata":null,"deletion_time":"","destroyed":true,"version":1}""", patched.Body);
    }

    [Fact]
    public async Task A_deleted_secret_can_be_written_again()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("data/a", """{"data":{"k":"v"}}"""));
        await host.OkAsync(KvRequest.Delete("data/a"));
        Assert.Equal("kv.version_conflict", (await host.SendAsync(KvRequest.Write("data/a", """{"data":{},"options":{"cas":0}}"""))).Result);
        Assert.Equal(2, (await host.OkAsync(KvRequest.Write("data/a", """{"data":{},"options":{"cas":1}}"""))).Version);
    }

    [Theory]
    [InlineData("""{"data":{},"options":{"cas":1}}""", "kv.version_conflict", "check-and-set parameter did not match the current version")]
    [InlineData("""{"data":{},"options":{"cas":-1}}""", "kv.version_conflict", "check-and-set parameter did not match the current version")]
    [InlineData("""{"options":{"cas":0}}""", "kv.no_data", "no data provided")]
    [InlineData("""{"data":null}""", "kv.no_data", "no data provided")]
    [InlineData("""{"data":"x"}""", "kv.invalid_data", "field \"data\": expected an object")]
    [InlineData("""{"data":[]}""", "kv.invalid_data", "field \"data\": expected an object")]
    [InlineData("""{"data":{},"options":{"cas":"one"}}""", "request.invalid_field", "field \"options.cas\": expected a whole number")]
    public async Task A_write_is_refused(string body, string code, string message)
    {
        using var host = await KvHost.StartAsync("2");
        var answer = await host.SendAsync(KvRequest.Write("data/a", body));
        Assert.Equal((code, message), (answer.Result, answer.Failure!.Message));
        Assert.Empty(await host.StoredPathsAsync());
    }

    [Theory]
    [InlineData("config", "data/a")]
    [InlineData("metadata/a", "data/a")]
    public async Task Cas_is_required_by_the_mount_or_the_secret(string settings, string data)
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write(settings, """{"cas_required":true}"""));
        var refused = await host.SendAsync(KvRequest.Write(data, """{"data":{}}"""));
        Assert.Equal(("kv.cas_required", "check-and-set parameter required for this call"), (refused.Result, refused.Failure!.Message));
        await host.OkAsync(KvRequest.Write(data, """{"data":{},"options":{"cas":"0"}}"""));
        Assert.Equal("kv.cas_required", (await host.SendAsync(KvRequest.Patch(data, """{"data":{}}"""))).Result);
    }

    [Theory]
    [InlineData("data/a?version=-1", "kv.invalid_version")]
    [InlineData("data/a?version=x", "request.invalid_field")]
    [InlineData("subkeys/a?version=-1", "kv.invalid_version")]
    [InlineData("subkeys/a?depth=-1", "kv.invalid_depth")]
    [InlineData("data/none", "not_found")]
    [InlineData("data/a?version=2", "not_found")]
    [InlineData("subkeys/none", "not_found")]
    [InlineData("metadata/none", "not_found")]
    public async Task A_read_is_refused(string path, string code)
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("data/a", """{"data":{}}"""));
        Assert.Equal(code, (await host.SendAsync(KvRequest.Read(path))).Result);
    }

    [Fact]
    public async Task Subkeys_show_no_values()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("data/a", """{"data":{"foo":"abc","bar":{"baz":"def"},"quux":{}}}"""));
        AssertJson("""{"foo":null,"bar":{"baz":null},"quux":null}""", (await host.OkAsync(KvRequest.Read("subkeys/a"))).At("subkeys"));
        AssertJson("""{"foo":null,"bar":null,"quux":null}""", (await host.OkAsync(KvRequest.Read("subkeys/a?depth=1&version=1"))).At("subkeys"));
    }

    [Fact]
    public async Task A_version_expires_at_its_deletion_time_and_comes_back_by_undelete()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("metadata/a", """{"delete_version_after":"1m"}"""));
        var written = await host.OkAsync(KvRequest.Write("data/a", """{"data":{"k":1}}"""));
        Assert.Equal("2025-03-01T12:01:00Z", written.At("deletion_time")!.GetValue<string>());
        host.Clock.Advance(TimeSpan.FromSeconds(59));
        await host.OkAsync(KvRequest.Read("data/a"));
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("gone", (await host.SendAsync(KvRequest.Read("data/a"))).Result);

        await host.OkAsync(KvRequest.Write("undelete/a", """{"versions":"1"}"""));
        var read = await host.OkAsync(KvRequest.Read("data/a"));
        Assert.Equal("2025-03-01T12:02:00Z", read.At("metadata", "deletion_time")!.GetValue<string>());
    }

    [Fact]
    public async Task A_destroyed_version_has_no_data_in_the_store_and_stays_destroyed()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("data/a", """{"data":{"k":"v"}}"""));
        await host.OkAsync(KvRequest.Write("destroy/a", """{"versions":[1]}"""));
        await host.OkAsync(KvRequest.Write("undelete/a", """{"versions":[1]}"""));
        var read = await host.SendAsync(KvRequest.Read("data/a"));
        Assert.Equal("gone", read.Result);
        Assert.True(read.At("metadata", "destroyed")!.GetValue<bool>());
        var stored = await host.Storage.ReadAsync("v/a\00000000000000001", default);
        Assert.Equal(18, stored!.Value.Value.Length);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("undelete")]
    [InlineData("destroy")]
    public async Task Changing_versions_needs_versions_and_passes_over_those_that_are_not_there(string verb)
    {
        using var host = await KvHost.StartAsync("2");
        var refused = await host.SendAsync(KvRequest.Write($"{verb}/a", "{}"));
        Assert.Equal(("kv.no_versions", "no version number provided"), (refused.Result, refused.Failure!.Message));
        await host.OkAsync(KvRequest.Write($"{verb}/a", """{"versions":[1,2147483647,-1,0]}"""));
        Assert.Empty(await host.StoredPathsAsync());
    }

    [Fact]
    public async Task Deleting_what_is_not_there_is_no_error()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Delete("data/a"));
        await host.OkAsync(KvRequest.Write("metadata/a", """{"max_versions":1}"""));
        await host.OkAsync(KvRequest.Delete("data/a"));
        Assert.Equal("not_found", (await host.SendAsync(KvRequest.Read("data/a"))).Result);
        Assert.Equal("not_found", (await host.SendAsync(KvRequest.Patch("data/a", """{"data":{}}"""))).Result);
    }

    [Fact]
    public async Task A_secret_of_another_path_with_the_same_beginning_is_another_secret()
    {
        using var host = await KvHost.StartAsync("2");
        string[] paths = ["a", "a/0000000000000001", "a/b", "a/b/0000000000000002", "a0000000000000001", "data/a", "metadata/a", "config"];
        foreach (var path in paths)
            await host.OkAsync(KvRequest.Write($"data/{path}", $$$"""{"data":{"path":"{{{path}}}"}}"""));
        await host.OkAsync(KvRequest.Delete("metadata/a"));
        Assert.Equal("not_found", (await host.SendAsync(KvRequest.Read("data/a"))).Result);
        foreach (var path in paths[1..])
            Assert.Equal(path, (await host.OkAsync(KvRequest.Read($"data/{path}"))).At("data", "path")!.GetValue<string>());
    }

    private static void AssertJson(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}\nactual   {actual?.ToJsonString()}");
}
