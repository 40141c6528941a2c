using System.Text.Json.Nodes;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Commands;

public sealed class KvCommandsTests : IDisposable
{
    private readonly Fakes.Cli cli = new();

    public KvCommandsTests()
    {
        foreach (var path in (string[])["secret", "secret/app", "secret/app/db"])
            cli.Server.On($"GET sys/internal/ui/mounts/{path}", 200, Answers.Mount2);
        foreach (var path in (string[])["kv1", "kv1/app"])
            cli.Server.On($"GET sys/internal/ui/mounts/{path}", 200, Answers.Mount1);
    }

    [Theory]
    [InlineData("kv get secret/app", "GET secret/data/app")]
    [InlineData("kv get -mount=secret app", "GET secret/data/app")]
    [InlineData("kv get -version=3 -mount=secret app", "GET secret/data/app?version=3")]
    [InlineData("kv get kv1/app", "GET kv1/app")]
    [InlineData("kv get -version=3 kv1/app", "GET kv1/app")]
    [InlineData("kv list secret", "GET secret/metadata?list=true")]
    [InlineData("kv list secret/app", "GET secret/metadata/app?list=true")]
    [InlineData("kv list -mount=secret", "GET secret/metadata?list=true")]
    [InlineData("kv list kv1/app", "GET kv1/app?list=true")]
    [InlineData("kv put secret/app a=b", "PUT secret/data/app", """{"data":{"a":"b"},"options":{}}""")]
    [InlineData("kv put -cas=0 secret/app a=b", "PUT secret/data/app", """{"data":{"a":"b"},"options":{"cas":0}}""")]
    [InlineData("kv put kv1/app a=b", "PUT kv1/app", """{"a":"b"}""")]
    [InlineData("kv patch secret/app a=b", "PATCH secret/data/app", """{"data":{"a":"b"},"options":{}}""")]
    [InlineData("kv patch -cas=2 -remove-data=x secret/app a=b", "PATCH secret/data/app", """{"data":{"a":"b","x":null},"options":{"cas":2}}""")]
    [InlineData("kv patch -cas=0 secret/app a=b", "PATCH secret/data/app", """{"data":{"a":"b"},"options":{}}""")]
    [InlineData("kv delete secret/app", "DELETE secret/data/app")]
    [InlineData("kv delete kv1/app", "DELETE kv1/app")]
    [InlineData("kv delete -versions=1,2 secret/app", "PUT secret/delete/app", """{"versions":[1,2]}""")]
    [InlineData("kv undelete -versions=1 -versions=3 secret/app", "PUT secret/undelete/app", """{"versions":[1,3]}""")]
    [InlineData("kv destroy -versions 2 secret/app", "PUT secret/destroy/app", """{"versions":[2]}""")]
    [InlineData("kv metadata get secret/app", "GET secret/metadata/app")]
    [InlineData("kv metadata delete secret/app", "DELETE secret/metadata/app")]
    [InlineData("kv metadata put -max-versions=5 -cas-required secret/app", "PUT secret/metadata/app", """{"max_versions":5,"cas_required":true}""")]
    [InlineData("kv metadata put -cas-required=false -delete-version-after=3h secret/app", "PUT secret/metadata/app",
        """{"cas_required":false,"delete_version_after":"3h"}""")]
    [InlineData("kv metadata put secret/app", "PUT secret/metadata/app", "{}")]
    [InlineData("kv metadata patch -custom-metadata=a=b -remove-custom-metadata=c secret/app", "PATCH secret/metadata/app",
        """{"custom_metadata":{"a":"b","c":null}}""")]
    [InlineData("kv rotation set -period=24h -generator=length=32 -fields=PGPASSWORD=password secret/app", "PUT secret/rotation/app",
        """{"period":"24h","generator":{"length":"32"},"fields":{"PGPASSWORD":"password"}}""")]
    [InlineData("kv rotation set -schedule=@daily -window=10m -grace=5m -target=type=exec -target=program=hook secret/app", "PUT secret/rotation/app",
        """{"schedule":"@daily","window":"10m","grace":"5m","target":{"type":"exec","program":"hook"}}""")]
    [InlineData("kv rotation get secret/app", "GET secret/rotation/app")]
    [InlineData("kv rotation list -mount=secret app", "GET secret/rotation/app?list=true")]
    [InlineData("kv rotation delete secret/app", "DELETE secret/rotation/app")]
    [InlineData("kv rotation delete -force secret/app", "DELETE secret/rotation/app?force=true")]
    [InlineData("kv rotate secret/app", "PUT secret/rotate/app", "{}")]
    [InlineData("kv enable-versioning kv1/", "PUT sys/mounts/kv1/tune", """{"options":{"version":"2"}}""")]
    public async Task A_command_sends_the_request_that_vault_documents(string line, string request, string? body = null)
    {
        await cli.RunAsync(line.Split(' '));
        Assert.Equal(request, cli.Server.Last.Line);
        AssertSameJson(body, cli.Server.Last.Body);
    }

    [Fact]
    public async Task A_rotation_is_shown_as_rule_and_state()
    {
        cli.Server.On("GET secret/rotation/app", 200, Answers.Rotation);
        var result = await cli.RunAsync("kv", "rotation", "get", "secret/app");
        Assert.Equal((0, ""), (result.Code, result.Error));
        Repository.AssertGolden("kv-rotation-get.txt", result.Output);
        Assert.Equal("2026-01-03T00:00:00Z", (await cli.RunAsync("kv", "rotation", "get", "-field=next_rotation", "secret/app")).Output);
        Repository.AssertGolden("kv-rotation-get.json", (await cli.RunAsync("kv", "rotation", "get", "-format=json", "secret/app")).Output);
    }

    [Fact]
    public async Task A_token_for_a_target_is_read_from_a_file()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("token", "t0ken\n");
        await cli.RunAsync("kv", "rotation", "set", "-period=1h", "-target=type=http", "-target=url=https://a/b", $"-target=token=@{file}", "secret/app");
        AssertSameJson("""{"period":"1h","target":{"type":"http","url":"https://a/b","token":"t0ken"}}""", cli.Server.Last.Body);
    }

    [Fact]
    public async Task A_versioned_secret_is_shown_in_sections()
    {
        cli.Server.On("GET secret/data/app", 200, Answers.Secret);
        var result = await cli.RunAsync("kv", "get", "secret/app");
        Assert.Equal((0, ""), (result.Code, result.Error));
        Repository.AssertGolden("kv-get-v2.txt", result.Output);
    }

    [Fact]
    public async Task A_secret_of_version_1_is_shown_as_its_data()
    {
        cli.Server.On("GET kv1/app", 200, Answers.OldSecret);
        Repository.AssertGolden("kv-get-v1.txt", (await cli.RunAsync("kv", "get", "kv1/app")).Output);
    }

    [Fact]
    public async Task A_deleted_secret_shows_its_metadata()
    {
        cli.Server.On("GET secret/data/app", 404, Answers.DeletedSecret);
        var result = await cli.RunAsync("kv", "get", "secret/app");
        Assert.Equal(0, result.Code);
        Repository.AssertGolden("kv-get-deleted.txt", result.Output);
    }

    [Theory]
    [InlineData("password", "s3cret")]
    [InlineData("data", "map[password:s3cret user:app]")]
    public async Task A_field_is_printed_bare(string field, string value)
    {
        cli.Server.On("GET secret/data/app", 200, Answers.Secret);
        Assert.Equal(value, (await cli.RunAsync("kv", "get", "-field", field, "secret/app")).Output);
    }

    [Fact]
    public async Task A_field_is_followed_by_a_line_end_on_a_terminal()
    {
        cli.OnTerminal().Server.On("GET secret/data/app", 200, Answers.Secret);
        Assert.Equal("s3cret\n", (await cli.RunAsync("kv", "get", "-field=password", "secret/app")).Output);
    }

    [Fact]
    public async Task A_field_that_is_not_there_is_wrong_usage()
    {
        cli.Server.On("GET secret/data/app", 200, Answers.Secret);
        var result = await cli.RunAsync("kv", "get", "-field=version", "secret/app");
        Assert.Equal((1, ""), (result.Code, result.Output));
        Assert.Contains("field \"version\" is not in the answer", result.Error);
    }

    [Fact]
    public async Task A_field_of_a_deleted_secret_is_not_found()
    {
        cli.Server.On("GET secret/data/app", 404, Answers.DeletedSecret);
        var result = await cli.RunAsync("kv", "get", "-field=password", "secret/app");
        Assert.Equal((2, "", "No data found at secret/data/app\n"), (result.Code, result.Output, result.Error));
    }

    [Fact]
    public async Task A_secret_that_is_not_there_is_a_failed_request()
    {
        var result = await cli.RunAsync("kv", "get", "secret/app");
        Assert.Equal((2, "", "No value found at secret/data/app\n"), (result.Code, result.Output, result.Error));
    }

    [Fact]
    public async Task A_write_shows_the_new_version()
    {
        cli.Server.On("PUT secret/data/app", 200, Answers.WriteResult);
        Repository.AssertGolden("kv-put-v2.txt", (await cli.RunAsync("kv", "put", "secret/app", "a=b")).Output);
    }

    [Fact]
    public async Task A_write_to_version_1_says_where()
    {
        cli.Server.On("PUT kv1/app", 204);
        Assert.Equal("Success! Data written to: kv1/app\n", (await cli.RunAsync("kv", "put", "kv1/app", "a=b")).Output);
    }

    [Fact]
    public async Task Metadata_is_shown_with_versions_in_order()
    {
        cli.Server.On("GET secret/metadata/app", 200, """
            {"data":{"cas_required":false,"created_time":"2026-01-02T03:04:05Z","current_version":10,"custom_metadata":{"owner":"payments"},
            "delete_version_after":"0s","max_versions":0,"oldest_version":9,"updated_time":"2026-01-03T03:04:05Z","versions":{
            "10":{"created_time":"2026-01-03T03:04:05Z","deletion_time":"","destroyed":false},
            "9":{"created_time":"2026-01-02T03:04:05Z","deletion_time":"2026-01-02T04:04:05Z","destroyed":true}}}}
            """);
        Repository.AssertGolden("kv-metadata-get.txt", (await cli.RunAsync("kv", "metadata", "get", "secret/app")).Output);
    }

    [Fact]
    public async Task Keys_are_listed_in_a_column_or_as_an_array()
    {
        cli.Server.On("GET secret/metadata/app?list=true", 200, """{"data":{"keys":["db","mail/"]}}""");
        Assert.Equal("Keys\n----\ndb\nmail/\n", (await cli.RunAsync("kv", "list", "secret/app")).Output);
        Assert.Equal("[\n  \"db\",\n  \"mail/\"\n]\n", (await cli.RunAsync("kv", "list", "-format=json", "secret/app")).Output);
    }

    [Fact]
    public async Task Wrapping_asks_for_the_secret_wrapped_and_for_nothing_else()
    {
        cli.Server.On("GET secret/data/app", 200, Answers.Wrapped);
        Repository.AssertGolden("wrapped.txt", (await cli.RunAsync("kv", "get", "-wrap-ttl=5m", "secret/app")).Output);
        Assert.Equal([null, "5m"], cli.Server.Requests.Select(r => r.Header("X-Vault-Wrap-TTL")));
    }

    [Theory]
    [InlineData(403)]
    [InlineData(405)]
    public async Task A_patch_that_is_not_allowed_becomes_a_read_and_a_write_of_that_version(int status)
    {
        cli.Server.On("PATCH secret/data/app", status, Answers.Denied).On("GET secret/data/app", 200, Answers.Secret)
            .On("PUT secret/data/app", 200, Answers.WriteResult);
        Assert.Equal(0, (await cli.RunAsync("kv", "patch", "-remove-data=user", "secret/app", "password=new", "x=1")).Code);
        AssertSameJson("""{"data":{"password":"new","x":"1"},"options":{"cas":2}}""", cli.Server.Last.Body);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 1)]
    public async Task A_patch_without_a_version_to_check_writes_over_the_one_it_read(int given, int sent)
    {
        cli.Server.On("GET secret/data/app", 200, Answers.Secret).On("PUT secret/data/app", 200, Answers.WriteResult);
        await cli.RunAsync("kv", "patch", "-method=rw", $"-cas={given}", "secret/app", "a=b");
        Assert.Equal(sent, (int?)JsonNode.Parse(cli.Server.Last.Body)!["options"]!["cas"]);
    }

    [Fact]
    public async Task A_patch_by_patch_does_not_fall_back()
    {
        cli.Server.On("PATCH secret/data/app", 403, Answers.Denied);
        Assert.Equal(2, (await cli.RunAsync("kv", "patch", "-method=patch", "secret/app", "a=b")).Code);
        Assert.StartsWith("PATCH", cli.Server.Last.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_patch_of_what_is_not_there_writes_nothing()
    {
        Assert.Equal(2, (await cli.RunAsync("kv", "patch", "-method=rw", "secret/app", "a=b")).Code);
        Assert.DoesNotContain(cli.Server.Requests, r => r.Line.StartsWith("PUT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rollback_writes_the_old_version_over_the_newest()
    {
        cli.Server.On("GET secret/data/app", 404, Answers.DeletedSecret).On("GET secret/data/app?version=1", 200, Answers.Secret)
            .On("PUT secret/data/app", 200, Answers.WriteResult);
        Assert.Equal(0, (await cli.RunAsync("kv", "rollback", "-version=1", "secret/app")).Code);
        AssertSameJson("""{"data":{"password":"s3cret","user":"app"},"options":{"cas":2}}""", cli.Server.Last.Body);
    }

    [Fact]
    public async Task A_rollback_to_a_deleted_version_writes_nothing()
    {
        cli.Server.On("GET secret/data/app", 200, Answers.Secret).On("GET secret/data/app?version=1", 404, Answers.DeletedSecret);
        Assert.Equal(2, (await cli.RunAsync("kv", "rollback", "-version=1", "secret/app")).Code);
        Assert.DoesNotContain(cli.Server.Requests, r => r.Line.StartsWith("PUT", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("kv undelete -versions=1 kv1/app")]
    [InlineData("kv metadata get kv1/app")]
    [InlineData("kv rollback -version=1 kv1/app")]
    [InlineData("kv put -cas=1 kv1/app a=b")]
    [InlineData("kv delete -versions=1 kv1/app")]
    [InlineData("kv undelete secret/app")]
    [InlineData("kv destroy -versions=x secret/app")]
    [InlineData("kv rollback secret/app")]
    [InlineData("kv metadata patch secret/app")]
    [InlineData("kv patch secret/app")]
    [InlineData("kv list")]
    public async Task What_makes_no_sense_is_refused_before_anything_is_changed(string line)
    {
        var result = await cli.RunAsync(line.Split(' '));
        Assert.Equal((1, ""), (result.Code, result.Output));
        Assert.All(cli.Server.Requests, r => Assert.StartsWith("GET sys/internal/", r.Line, StringComparison.Ordinal));
    }

    public void Dispose() => cli.Dispose();

    private static void AssertSameJson(string? expected, string actual)
    {
        if (expected is null)
            Assert.Equal("", actual);
        else
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), actual);
    }
}
