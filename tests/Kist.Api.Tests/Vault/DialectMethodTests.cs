using Kist.Core.Tests.Nodes;

namespace Kist.Api.Tests.Vault;

/// <summary>Methods, queries and answers of the HTTP dialect.</summary>
public sealed class DialectMethodTests : IAsyncLifetime
{
    private DialectServer server = null!;

    public async Task InitializeAsync()
    {
        server = await DialectServer.StartAsync();
        foreach (var name in new[] { "a", "b", "c", "f/x", "f/y" })
            (await server.AskAsync("POST", "/v1/secret/data/" + name, """{"data":{"k":"v"}}""")).Is(200);
    }

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Theory]
    [InlineData("LIST", "/v1/secret/metadata", "a,b,c,f/")]
    [InlineData("LIST", "/v1/secret/metadata/", "a,b,c,f/")]
    [InlineData("LIST", "/v1/secret/metadata/f", "x,y")]
    [InlineData("GET", "/v1/secret/metadata?list=true", "a,b,c,f/")]
    [InlineData("GET", "/v1/secret/metadata/?list=1", "a,b,c,f/")]
    [InlineData("GET", "/v1/secret/metadata/f?list=t", "x,y")]
    [InlineData("SCAN", "/v1/secret/metadata", "a,b,c,f/x,f/y")]
    [InlineData("GET", "/v1/secret/metadata?scan=true", "a,b,c,f/x,f/y")]
    [InlineData("LIST", "/v1/secret/metadata?limit=2", "a,b")]
    [InlineData("LIST", "/v1/secret/metadata?after=b&limit=2", "c,f/")]
    [InlineData("LIST", "/v1/secret/metadata?after=b&limit=0", "c,f/")]
    [InlineData("GET", "/v1/secret/metadata?list=true&limit=1&after=a", "b")]
    [InlineData("SCAN", "/v1/secret/metadata?limit=2&after=c", "f/x,f/y")]
    [InlineData("SCAN", "/v1/secret/metadata/f?after=x", "y")]
    public async Task Lists_come_by_method_and_by_query(string method, string target, string keys) =>
        Assert.Equal(keys, (await server.AskAsync(method, target)).Is(200).Keys);

    [Theory]
    [InlineData("LIST", "/v1/secret/metadata/nothing")]
    [InlineData("LIST", "/v1/secret/metadata?after=z")]
    public async Task An_empty_list_is_not_found_without_a_message(string method, string target) =>
        Assert.Equal("""{"errors":[]}""", (await server.AskAsync(method, target)).Is(404).Text.TrimEnd());

    [Theory]
    [InlineData("limit=x")]
    [InlineData("limit=1&limit=2")]
    public async Task A_faulty_page_is_named(string query) =>
        Assert.Contains("\"limit\"", (await server.AskAsync("LIST", "/v1/secret/metadata?" + query)).Is(400).Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("?list=false")]
    [InlineData("?list=")]
    [InlineData("?list=yes")]
    public async Task A_list_that_is_not_asked_for_is_a_read(string query) => (await server.AskAsync("GET", "/v1/secret/metadata/a" + query)).Is(200);

    [Theory]
    [InlineData("PUT")]
    [InlineData("POST")]
    public async Task Post_and_put_are_the_same(string method)
    {
        (await server.AskAsync(method, "/v1/secret/data/new", """{"data":{"k":"1"}}""")).Is(200);
        Assert.Equal("2", (await server.AskAsync(method, "/v1/secret/data/new", """{"data":{"k":"2"}}""")).Is(200).Data.GetProperty("version").ToString());
    }

    [Fact]
    public async Task Patch_and_delete_reach_their_routes()
    {
        (await server.AskAsync("PATCH", "/v1/secret/data/a", """{"data":{"more":"x"}}""", ("Content-Type", "application/merge-patch+json"))).Is(200);
        Assert.Equal("""{"k":"v","more":"x"}""", (await server.AskAsync("GET", "/v1/secret/data/a")).Data.GetProperty("data").GetRawText());
        Assert.Empty((await server.AskAsync("DELETE", "/v1/secret/data/a")).Is(204).Body);
        // What was deleted is told as not found, with its metadata.
        Assert.NotEqual("", (await server.AskAsync("GET", "/v1/secret/data/a")).Is(404).Data.GetProperty("metadata").GetProperty("deletion_time").GetString());
    }

    [Theory]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    [InlineData("PURGE")]
    [InlineData("get")]
    public async Task Other_methods_are_not_supported_and_named(string method) =>
        Assert.Equal($"method {method} is not supported", (await server.AskAsync(method, "/v1/secret/data/a")).Is(405).Error);

    [Fact]
    public async Task A_method_that_the_path_has_not_is_not_supported() =>
        Assert.Equal("unsupported operation", (await server.AskAsync("PATCH", "/v1/sys/mounts", "{}")).Is(405).Error);

    [Theory]
    [InlineData("/v1/secret/data/a", 200)]
    [InlineData("/v1/secret/data/absent", 404)]
    [InlineData("/v1/sys/health", 200)]
    [InlineData("/v2/secret", 404)]
    public async Task Head_answers_as_get_does_without_a_body(string target, int status)
    {
        var get = (await server.AskAsync("GET", target)).Is(status);
        var head = (await server.AskAsync("HEAD", target)).Is(status);
        Assert.Empty(head.Body);
        Assert.Equal((get["Content-Type"], get["Content-Length"]?.Length), (head["Content-Type"], head["Content-Length"]?.Length));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/v1")]
    [InlineData("/V1/sys/health")]
    [InlineData("/ui/")]
    [InlineData("*")]
    public async Task What_lies_outside_of_the_api_is_not_found(string target) =>
        Assert.Equal("the API lives under /v1/", (await server.AskAsync(target == "*" ? "OPTIONS" : "GET", target)).Is(404).Error);

    [Fact]
    public async Task Answers_are_json_that_nobody_may_keep()
    {
        var answer = (await server.AskAsync("GET", "/v1/secret/data/a")).Is(200);
        Assert.Equal(("application/json", "no-store"), (answer["Content-Type"], answer["Cache-Control"]));
        Assert.Equal(
            ["request_id", "lease_id", "renewable", "lease_duration", "data", "wrap_info", "warnings", "auth", "mount_type"],
            answer.Json.EnumerateObject().Select(m => m.Name));
    }

    [Fact]
    public async Task Older_paths_have_their_fields_at_the_top_too()
    {
        var answer = (await server.AskAsync("GET", "/v1/sys/policy")).Is(200);
        Assert.Equal(answer.Data.GetProperty("keys").GetRawText(), answer.Json.GetProperty("keys").GetRawText());
    }

    [Fact]
    public async Task The_request_id_of_the_answer_is_that_of_the_records()
    {
        var id = (await server.AskAsync("GET", "/v1/secret/data/a")).Is(200).Json.GetProperty("request_id").GetString()!;
        Assert.Equal(2, server.Records().Count(record => record.GetProperty("request").Text("id") == id));
        Assert.True(Guid.TryParse(id, out _));
    }

    [Fact]
    public async Task Help_comes_by_query() =>
        Assert.Contains("Lists the secrets", (await server.AskAsync("GET", "/v1/secret/metadata/a?help=1")).Is(200).Json.GetProperty("help").GetString(), StringComparison.Ordinal);

    [Fact]
    public async Task Metrics_come_as_text() =>
        Assert.StartsWith("text/plain; version=0.0.4", (await server.AskAsync("GET", "/v1/sys/metrics?format=prometheus")).Is(200)["Content-Type"], StringComparison.Ordinal);
}
