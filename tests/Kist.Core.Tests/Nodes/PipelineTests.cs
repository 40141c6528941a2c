using System.Net;
using System.Text.Json;
using Kist.Core.Pipeline;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Nodes;

public sealed class PipelineTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private TestNode node = null!;

    public async Task InitializeAsync()
    {
        node = await TestNode.CreateAsync(store, new NotesEngine());
        await node.WriteAsync("sys/mounts/notes", """{"type":"notes","description":"d"}""").Ok();
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_note_is_written_read_listed_and_deleted()
    {
        var written = await node.WriteAsync("notes/a/b", """{"text":"hello"}""").Ok();
        Assert.True(written.Index > 0);
        Assert.Equal("hello", (await node.ReadAsync("notes/a/b")).Json().Text("text"));
        Assert.Equal("a/", (await node.ListAsync("notes/")).Json().GetProperty("keys")[0].GetString());
        await node.DeleteAsync("notes/a/b").Ok();
        Assert.Equal("", (await node.ReadAsync("notes/a/b").Fails(FailureKind.NotFound)).Message);
    }

    [Theory]
    [InlineData("nowhere/x")]
    [InlineData("sys/nothing")]
    public async Task Unknown_paths_are_not_found_for_those_who_may_know(string path) => await node.ReadAsync(path).Fails(FailureKind.NotFound);

    [Theory]
    [InlineData("nowhere/x")]
    [InlineData("notes/a")]
    [InlineData("sys/nothing")]
    [InlineData("sys/mounts")]
    public async Task Without_a_right_every_path_gives_the_same_answer(string path)
    {
        var token = (await node.WriteAsync("auth/token/create", """{"policies":["none"],"no_default_policy":true}""").Ok()).Auth!.ClientToken;
        Assert.Equal("permission denied", (await node.ReadAsync(path, token).Fails(FailureKind.Denied)).Message);
    }

    [Fact]
    public async Task A_wrong_operation_is_unsupported() => await node.AskAsync(Operation.Patch, "notes/a", "{}").Fails(FailureKind.Unsupported);

    [Fact]
    public async Task Writing_needs_create_where_nothing_stands_and_update_where_something_does()
    {
        await node.WriteAsync("sys/policies/acl/creator", """{"policy":"path \"notes/*\" { capabilities = [\"create\"] }"}""").Ok();
        var token = (await node.WriteAsync("auth/token/create", """{"policies":["creator"]}""").Ok()).Auth!.ClientToken;
        await node.WriteAsync("notes/new", """{"text":"1"}""", token).Ok();
        await node.WriteAsync("notes/new", """{"text":"2"}""", token).Fails(FailureKind.Denied);
        Assert.Equal("1", (await node.ReadAsync("notes/new")).Json().Text("text"));
    }

    [Fact]
    public async Task Root_protected_paths_need_sudo()
    {
        await node.WriteAsync("sys/policies/acl/nosudo", """{"policy":"path \"sys/*\" { capabilities = [\"read\",\"update\"] }"}""").Ok();
        await node.WriteAsync("sys/policies/acl/withsudo", """{"policy":"path \"sys/*\" { capabilities = [\"read\",\"update\",\"sudo\"] }"}""").Ok();
        var without = (await node.WriteAsync("auth/token/create", """{"policies":["nosudo"]}""").Ok()).Auth!.ClientToken;
        var with = (await node.WriteAsync("auth/token/create", """{"policies":["withsudo"]}""").Ok()).Auth!.ClientToken;
        await node.WriteAsync("sys/rotate", "", without).Fails(FailureKind.Denied);
        await node.WriteAsync("sys/rotate", "", with).Ok();
    }

    [Fact]
    public async Task Unknown_fields_are_named_in_a_warning_and_ignored()
    {
        var response = await node.WriteAsync("notes/w", """{"text":"x","zeta":1,"alpha":2}""").Ok();
        Assert.Equal("Endpoint ignored these unrecognized parameters: [alpha zeta]", Assert.Single(response.Warnings));
    }

    [Fact]
    public async Task The_path_wins_over_a_field_of_the_same_name()
    {
        await node.WriteAsync("notes/real", """{"text":"x","path":"other"}""").Ok();
        await node.ReadAsync("notes/other").Fails(FailureKind.NotFound);
        await node.ReadAsync("notes/real").Ok();
    }

    [Theory]
    [InlineData("""{"text":""")]
    [InlineData("""{"text":"a","text":"b"}""")]
    [InlineData("[]")]
    [InlineData("""{"text":{}}""")]
    public async Task Malformed_bodies_are_refused_and_change_nothing(string body)
    {
        await node.WriteAsync("notes/m", body).Fails(FailureKind.Invalid);
        await node.ReadAsync("notes/m").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task A_bug_is_answered_without_detail_and_told_to_the_operator()
    {
        var failure = await node.WriteAsync("notes/b", """{"text":"boom"}""").Fails(FailureKind.Internal);
        Assert.DoesNotContain("boom", failure.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(Assert.Single(node.Faults));
    }

    [Fact]
    public async Task A_wrapped_answer_is_opened_once()
    {
        await node.WriteAsync("notes/w", """{"text":"inside"}""").Ok();
        var wrapped = await node.AskAsync(Operation.Read, "notes/w", "", wrap: TimeSpan.FromMinutes(1)).Ok();
        Assert.True(wrapped.Data.IsEmpty);
        Assert.Equal("notes/w", wrapped.Wrap!.CreationPath);
        var opened = await node.WriteAsync("sys/wrapping/unwrap", "", wrapped.Wrap.Token).Ok();
        Assert.Equal("inside", opened.Json().Text("text"));
        await node.WriteAsync("sys/wrapping/unwrap", "", wrapped.Wrap.Token).Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task A_wrapping_token_opens_nothing_else()
    {
        var wrapped = await node.AskAsync(Operation.Read, "sys/mounts", "", wrap: TimeSpan.FromMinutes(1)).Ok();
        await node.WriteAsync("sys/policies/acl/response-wrapping", """{"policy":"path \"*\" { capabilities = [\"read\"] }"}""");
        await node.ReadAsync("sys/mounts", wrapped.Wrap!.Token).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task An_index_that_never_comes_is_told_after_the_bound() =>
        await node.AskAsync(Operation.Read, "sys/mounts", "", index: 1_000_000, patient: false).Fails(FailureKind.NotYetConsistent);

    [Fact]
    public async Task Sealed_nodes_answer_health_and_seal_status_and_nothing_else()
    {
        await node.WriteAsync("sys/seal").Ok();
        await node.ReadAsync("notes/a").Fails(FailureKind.Sealed);
        await node.ReadAsync("sys/mounts").Fails(FailureKind.Sealed);
        Assert.True((await node.ReadAsync("sys/health")).Json().GetProperty("sealed").GetBoolean());
        Assert.True((await node.ReadAsync("sys/seal-status")).Json().GetProperty("sealed").GetBoolean());
        var key = Convert.ToHexString(node.Shares[0]);
        Assert.False((await node.WriteAsync("sys/unseal", $$"""{"key":"{{key}}"}""")).Json().GetProperty("sealed").GetBoolean());
        await node.ReadAsync("sys/mounts").Ok();
    }

    [Fact]
    public async Task Conditions_see_the_clients_address()
    {
        await node.WriteAsync(
            "sys/policies/acl/net",
            """{"policy":"path \"sys/mounts\" { capabilities = [\"read\"] conditions { cidrs = [\"10.0.0.0/8\"] } }"}""").Ok();
        var token = (await node.WriteAsync("auth/token/create", """{"policies":["net"]}""").Ok()).Auth!.ClientToken;
        await node.AskAsync(Operation.Read, "sys/mounts", "", token, client: IPAddress.Parse("10.1.2.3")).Ok();
        await node.AskAsync(Operation.Read, "sys/mounts", "", token, client: IPAddress.Parse("11.1.2.3")).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task Openapi_describes_every_mounted_route()
    {
        var document = JsonDocument.Parse(((TextBody)(await node.ReadAsync("sys/internal/specs/openapi").Ok()).Body!).Content);
        var paths = document.RootElement.GetProperty("paths");
        Assert.True(paths.TryGetProperty("/notes/{path}", out var notes));
        Assert.Equal("Write a note.", notes.GetProperty("post").GetProperty("summary").GetString());
        var fields = notes.GetProperty("post").GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Assert.Equal("string", fields.GetProperty("properties").GetProperty("text").GetProperty("type").GetString());
        Assert.True(paths.TryGetProperty("/sys/mounts/{path}/tune", out _));
        Assert.True(paths.TryGetProperty("/auth/token/create", out _));
    }

    [Fact]
    public async Task Help_tells_the_fields_and_needs_a_token()
    {
        var request = new Request { Id = "1", Path = "notes/a", Operation = Operation.Read, Token = node.RootToken };
        var help = (await node.Node.Pipeline.HelpAsync(request, default)).Json().Text("help");
        Assert.Contains("text (string): The note.", help, StringComparison.Ordinal);
        var anonymous = new Request { Id = "2", Path = "notes/a", Operation = Operation.Read };
        Assert.Equal(FailureKind.Unauthenticated, (await node.Node.Pipeline.HelpAsync(anonymous, default)).Failure!.Kind);
    }
}
