using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

/// <summary>What the pipeline lets in, and what it must not do for those whom it does not.</summary>
public sealed class AdmissionTests : IAsyncLifetime
{
    private static readonly TimeSpan Wrap = TimeSpan.FromMinutes(5);
    private readonly MemoryStore store = new();
    private TestNode node = null!;

    public async Task InitializeAsync()
    {
        node = await TestNode.CreateAsync(store, new NotesEngine());
        await node.WriteAsync("sys/mounts/notes", """{"type":"notes"}""").Ok();
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
    }

    [Theory]
    [InlineData("sys/seal/", Operation.Update)]
    [InlineData("sys/mounts/notes/", Operation.Delete)]
    [InlineData("sys/mounts/", Operation.Read)]
    [InlineData("auth/token/create-orphan/", Operation.Update)]
    [InlineData("notes/a/", Operation.Update)]
    [InlineData("notes/a/", Operation.Read)]
    public async Task A_path_that_ends_in_a_slash_is_no_other_name_for_the_path_without_it(string path, Operation operation)
    {
        var failure = await node.AskAsync(operation, path, operation == Operation.Update ? """{"text":"x"}""" : "").Fails(FailureKind.Invalid);
        Assert.Equal("request.folder", failure.Code);
        Assert.True(node.Node.IsServing);
        await node.ReadAsync("sys/mounts/notes").Ok();
    }

    [Fact]
    public async Task A_denied_path_stays_denied_with_a_slash_behind_it()
    {
        var token = await TokenAsync("""path "auth/token/*" { capabilities = ["create","update"] } path "auth/token/create-orphan" { capabilities = ["deny"] }""");
        await node.WriteAsync("auth/token/create-orphan", "{}", token).Fails(FailureKind.Denied);
        await node.WriteAsync("auth/token/create-orphan/", "{}", token).Fails(FailureKind.Invalid);
    }

    [Theory]
    [InlineData("sys/health")]
    [InlineData("sys/seal-status")]
    [InlineData("sys/internal/ui/mounts")]
    public async Task Strangers_cannot_make_the_store_grow_by_asking_for_a_wrapped_answer(string path)
    {
        var response = await node.Node.Pipeline.HandleAsync(
            new Request { Id = "1", Path = path, Operation = Operation.Read, WrapTtl = Wrap }, default);
        Assert.Null(response.Failure);
        Assert.Null(response.Wrap);
        // The root token's accessor, and none of a wrapping token.
        Assert.Equal(1, (await node.ListAsync("auth/token/accessors/").Ok()).Json().GetProperty("keys").GetArrayLength());
    }

    [Fact]
    public async Task Initialising_with_a_wrap_header_hands_out_the_shares()
    {
        await using var other = new MemoryStore();
        await using var fresh = TestNode.Sealed(other);
        var response = await fresh.WriteAsync("sys/init", """{"secret_shares":1,"secret_threshold":1}""", wrap: Wrap).Ok();
        Assert.NotEmpty(response.Json().GetProperty("keys")[0].GetString()!);
    }

    [Fact]
    public async Task A_token_of_one_use_looks_at_open_paths_for_nothing()
    {
        var token = await TokenAsync("""path "notes/a" { capabilities = ["read"] }""", uses: 1);
        await node.WriteAsync("notes/a", """{"text":"x"}""").Ok();
        await node.ReadAsync("sys/internal/ui/mounts/notes", token).Ok();
        await node.ReadAsync("notes/a", token).Ok();
        await node.ReadAsync("notes/a", token).Fails(FailureKind.Unauthenticated);
    }

    [Theory]
    [InlineData("notes/b", "")]
    [InlineData("nowhere/b", "")]
    [InlineData("notes/a", "{")]
    public async Task A_refused_request_costs_a_use_as_well(string path, string body)
    {
        var token = await TokenAsync("""path "notes/a" { capabilities = ["read", "update"] }""", uses: 1);
        await node.WriteAsync("notes/a", """{"text":"x"}""").Ok();
        Assert.NotNull((await node.WriteAsync(path, body, token)).Failure);
        await node.ReadAsync("notes/a", token).Fails(FailureKind.Unauthenticated);
    }

    [Fact]
    public async Task Of_many_requests_at_once_one_use_pays_for_one_refusal_alone()
    {
        var token = await TokenAsync("""path "notes/a" { capabilities = ["read"] }""", uses: 1);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => node.ReadAsync($"notes/other{i}", token)));
        Assert.Single(answers, a => a.Failure!.Kind == FailureKind.Denied);
        Assert.All(answers.Where(a => a.Failure!.Kind != FailureKind.Denied), a => Assert.Equal(FailureKind.Unauthenticated, a.Failure!.Kind));
    }

    [Fact]
    public async Task A_body_beyond_its_bounds_is_not_read_for_its_parameters()
    {
        var token = await TokenAsync("""path "notes/*" { capabilities = ["create", "update"] allowed_parameters = { "text" = ["x"] } }""");
        await node.WriteAsync("notes/a", """{"text":"x"}""", token).Ok();
        await node.WriteAsync("notes/a", """{"text":"x","text":"x"}""", token).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task A_use_ends_with_a_handler_that_fails()
    {
        var token = await TokenAsync("""path "notes/*" { capabilities = ["create", "read", "update"] }""", uses: 1);
        await node.WriteAsync("notes/b", """{"text":"boom"}""", token).Fails(FailureKind.Internal);
        // The root token's alone: the used up one is gone, not merely refused.
        Assert.Equal(1, (await node.ListAsync("auth/token/accessors/").Ok()).Json().GetProperty("keys").GetArrayLength());
    }

    [Fact]
    public async Task A_wrapping_token_that_is_shown_elsewhere_still_opens_its_answer()
    {
        var wrapped = (await node.AskAsync(Operation.Read, "sys/mounts", "", wrap: Wrap).Ok()).Wrap!;
        await node.ReadAsync("notes/a", wrapped.Token).Fails(FailureKind.Denied);
        await node.WriteAsync("sys/wrapping/unwrap", "", wrapped.Token).Ok();
    }

    [Fact]
    public async Task Wrapping_and_unwrapping_name_their_own_commits()
    {
        var head = await store.HeadAsync(default);
        var wrapped = await node.AskAsync(Operation.Read, "sys/mounts", "", wrap: Wrap).Ok();
        Assert.True(wrapped.Index > head);
        var rewrapped = await node.WriteAsync("sys/wrapping/rewrap", "", wrapped.Wrap!.Token).Ok();
        Assert.True(rewrapped.Index > wrapped.Index);
        var opened = await node.WriteAsync("sys/wrapping/unwrap", "", rewrapped.Wrap!.Token).Ok();
        Assert.True(opened.Index > rewrapped.Index);
    }

    [Theory]
    [InlineData(Operation.Update)]
    [InlineData(Operation.Read)]
    public async Task A_path_longer_than_a_key_is_too_large_and_no_bug(Operation operation)
    {
        var failure = await node.AskAsync(operation, "cubbyhole/" + new string('x', 4080), operation == Operation.Update ? """{"a":1}""" : "")
            .Fails(FailureKind.TooLarge);
        Assert.Equal("store.too_large", failure.Code);
        Assert.Empty(node.Faults);
    }

    [Fact]
    public async Task A_value_larger_than_an_entry_is_too_large_and_no_bug()
    {
        await node.WriteAsync("notes/a", $$"""{"text":"{{new string('x', (1 << 20) + 100)}}"}""").Fails(FailureKind.TooLarge);
        Assert.Empty(node.Faults);
    }

    [Fact]
    public async Task Help_is_refused_to_a_wrapping_token()
    {
        var wrapped = (await node.AskAsync(Operation.Read, "sys/mounts", "", wrap: Wrap).Ok()).Wrap!;
        var asked = new Request { Id = "1", Path = "notes/a", Operation = Operation.Read, Token = wrapped.Token };
        Assert.Equal(FailureKind.Denied, (await node.Node.Pipeline.HelpAsync(asked, default)).Failure!.Kind);
    }

    [Theory]
    [InlineData("notes/a", null)]
    [InlineData("nowhere/a", FailureKind.NotFound)]
    public async Task Help_is_a_use_of_the_token(string path, FailureKind? failure)
    {
        var token = await TokenAsync("""path "notes/*" { capabilities = ["read"] }""", uses: 1);
        var asked = new Request { Id = "1", Path = path, Operation = Operation.Read, Token = token };
        Assert.Equal(failure, (await node.Node.Pipeline.HelpAsync(asked, default)).Failure?.Kind);
        await node.ReadAsync("notes/a", token).Fails(FailureKind.Unauthenticated);
    }

    [Fact]
    public async Task Help_is_recorded()
    {
        await using var tap = AuditTap.On(node);
        await node.Node.Pipeline.HelpAsync(new Request { Id = "1", Path = "notes/a", Operation = Operation.Read, Token = node.RootToken }, default).AsTask().Ok();
        var request = tap.Pair().Request.GetProperty("request");
        Assert.Equal(("help", "notes/a"), (request.Text("operation"), request.Text("path")));
        tap.Sink.Fault = "disk full";
        await node.Node.Pipeline.HelpAsync(new Request { Id = "2", Path = "notes/a", Operation = Operation.Read, Token = node.RootToken }, default).AsTask()
            .Fails(FailureKind.Unavailable);
    }

    [Fact]
    public async Task An_answer_for_which_no_policy_is_asked_is_not_kept_in_the_store()
    {
        var answer = await node.AskAsync(Operation.Read, "sys/internal/ui/mounts", "", wrap: Wrap).Ok();
        Assert.Null(answer.Wrap);
    }

    [Fact]
    public async Task A_request_that_waits_too_long_is_ended_and_the_server_goes_on()
    {
        await using var other = new MemoryStore();
        var options = new NodeOptions { MaxRequestDuration = TimeSpan.FromMilliseconds(200) };
        await using var slow = await TestNode.CreateAsync(other, options, new NotesEngine());
        await slow.WriteAsync("sys/mounts/notes", """{"type":"notes"}""").Ok();
        var failure = await slow.WriteAsync("notes/a", """{"text":"wait"}""").Fails(FailureKind.Unavailable);
        Assert.Equal("request.timeout", failure.Code);
        await slow.WriteAsync("notes/a", """{"text":"x"}""").Ok();
    }

    private async Task<SecretText> TokenAsync(string policy, int uses = 0)
    {
        var text = System.Text.Json.JsonEncodedText.Encode(policy);
        await node.WriteAsync("sys/policies/acl/p", $$"""{"policy":"{{text}}"}""").Ok();
        return (await node.WriteAsync("auth/token/create", $$"""{"policies":["p"],"num_uses":{{uses}}}""").Ok()).Auth!.ClientToken;
    }
}
