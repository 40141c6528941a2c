using System.Text;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Core.Tests.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

/// <summary>No record, no answer: what the pipeline does with a device that fails, and what it records of every kind of request.</summary>
public sealed class AuditedPipelineTests : IAsyncLifetime
{
    private const string Unknown = "kst_s_planted-unknown-token";

    private readonly HookedStore store = new(new MemoryStore());
    private TestNode node = null!;
    private AuditTap tap = null!;
    private SecretText reader = null!;

    public async Task InitializeAsync()
    {
        node = await TestNode.CreateAsync(store, new NotesEngine());
        await node.WriteAsync("sys/mounts/notes", """{"type":"notes"}""").Ok();
        await node.WriteAsync("notes/a", """{"text":"old"}""").Ok();
        await node.WriteAsync("sys/policies/acl/reader", """{"policy":"path \"notes/a\" { capabilities = [\"read\"] }"}""").Ok();
        reader = (await node.WriteAsync("auth/token/create", """{"policies":["reader"],"no_default_policy":true}""").Ok()).Auth!.ClientToken;
        tap = AuditTap.On(node);
    }

    public async Task DisposeAsync()
    {
        tap.Sink.Unblock();
        await node.DisposeAsync();
        await tap.DisposeAsync();
        await store.DisposeAsync();
    }

    [Theory]
    [InlineData(Operation.Update, "notes/a", """{"text":"new"}""")]
    [InlineData(Operation.Delete, "notes/a", "")]
    public async Task A_change_that_cannot_be_recorded_is_refused_before_it_happens(Operation operation, string path, string body)
    {
        tap.Sink.Fault = "disk full";
        var refusal = await node.AskAsync(operation, path, body).Fails(FailureKind.Unavailable);
        Assert.Equal("audit.unavailable", refusal.Code);
        Assert.DoesNotContain("disk full", refusal.Message, StringComparison.Ordinal);
        tap.Sink.Fault = null;
        Assert.Equal("old", (await node.ReadAsync("notes/a")).Json().Text("text"));
        await node.AskAsync(operation, path, body).Ok();
    }

    [Fact]
    public async Task A_read_that_cannot_be_recorded_is_not_answered()
    {
        tap.Sink.Fault = "disk full";
        var refused = await node.ReadAsync("notes/a");
        Assert.Equal("audit.unavailable", refused.Failure?.Code);
        Assert.True(refused.Data.IsEmpty && refused.Body is null);
        await node.ListAsync("notes/").Fails(FailureKind.Unavailable);
        tap.Sink.Fault = null;
        Assert.Equal("old", (await node.ReadAsync("notes/a")).Json().Text("text"));
    }

    [Fact]
    public async Task A_change_whose_answer_cannot_be_recorded_is_not_answered()
    {
        store.OnCommit = (transaction, commit) =>
        {
            if (Changes(transaction, "unanswered"))
                tap.Sink.Fault = "disk full";
            return commit();
        };
        var refused = await node.WriteAsync("notes/unanswered", """{"text":"x"}""");
        Assert.Equal("audit.unavailable", refused.Failure?.Code);
        Assert.Equal(0, refused.Index);
        tap.Sink.Fault = null;
        Assert.Equal("request", Assert.Single(tap.Records).Text("type"));
    }

    [Fact]
    public async Task A_token_is_not_handed_out_when_its_issue_cannot_be_recorded()
    {
        store.OnCommit = (_, commit) =>
        {
            if (tap.Records.Count > 0)
                tap.Sink.Fault = "disk full";
            return commit();
        };
        var refused = await node.WriteAsync("auth/token/create", """{"policies":["reader"]}""");
        Assert.Equal("audit.unavailable", refused.Failure?.Code);
        Assert.Null(refused.Auth);
        Assert.Equal("request", Assert.Single(tap.Records).Text("type"));
    }

    [Theory]
    [InlineData("notes/a", "reader", "denied")]
    [InlineData("notes/a", Unknown, "unauthenticated")]
    [InlineData("nowhere/a", "root", "unknown path")]
    public async Task A_refusal_that_cannot_be_recorded_tells_nothing(string path, string token, string why)
    {
        tap.Sink.Fault = "disk full";
        Assert.True("audit.unavailable" == (await node.WriteAsync(path, "{}", Token(token)).Fails(FailureKind.Unavailable)).Code, why);
    }

    [Fact]
    public async Task Probes_answer_while_no_device_works()
    {
        tap.Sink.Fault = "disk full";
        await node.ReadAsync("notes/a").Fails(FailureKind.Unavailable);
        var health = (await node.ReadAsync("sys/health").Ok()).Json();
        Assert.Contains("disk full", health.GetProperty("problems").ToString(), StringComparison.Ordinal);
        await node.ReadAsync("sys/seal-status").Ok();
        Assert.Empty(tap.Records);
    }

    [Fact]
    public async Task The_request_is_recorded_before_the_change_and_the_answer_before_it_leaves()
    {
        var commits = 0;
        store.OnCommit = (transaction, commit) =>
        {
            if (Changes(transaction, "slow"))
            {
                commits++;
                tap.Sink.Block();
            }
            return commit();
        };
        tap.Sink.Block();
        var asked = node.WriteAsync("notes/slow", """{"text":"x"}""");
        await tap.Sink.EnteredAsync();
        Assert.Equal(0, commits);
        tap.Sink.Unblock();
        // The commit has closed the device again: the answer's record is on its way and not yet written.
        await tap.Sink.EnteredAsync();
        Assert.Equal(1, commits);
        Assert.False(asked.IsCompleted);
        tap.Sink.Unblock();
        await asked.Ok();
        _ = tap.Pair();
    }

    [Fact]
    public async Task A_read_is_answered_when_both_of_its_records_are_written()
    {
        tap.Sink.Block();
        var asked = node.ReadAsync("notes/a");
        await tap.Sink.EnteredAsync();
        Assert.False(asked.IsCompleted);
        tap.Sink.Unblock();
        await asked.Ok();
        var (request, response) = tap.Pair();
        Assert.Equal("read", request.GetProperty("request").Text("operation"));
        Assert.StartsWith("hmac-sha256:", response.GetProperty("response").GetProperty("data").Text("text"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Operation.Read, "notes/a", "", "", FailureKind.Unauthenticated, "read")]
    [InlineData(Operation.Update, "notes/a", "{}", "", FailureKind.Unauthenticated, "update")]
    [InlineData(Operation.Delete, "notes/a", "", Unknown, FailureKind.Unauthenticated, "delete")]
    [InlineData(Operation.List, "notes/", "", Unknown, FailureKind.Unauthenticated, "list")]
    [InlineData(Operation.Update, "notes/new", "{}", "reader", FailureKind.Denied, "create")]
    [InlineData(Operation.Update, "notes/a", "{}", "reader", FailureKind.Denied, "update")]
    [InlineData(Operation.Patch, "nowhere/x", "{}", "reader", FailureKind.Denied, "patch")]
    [InlineData(Operation.Read, "nowhere/x", "", "root", FailureKind.NotFound, "read")]
    [InlineData(Operation.Patch, "notes/a", "{}", "root", FailureKind.Unsupported, "patch")]
    [InlineData(Operation.Update, "notes/a", "{\"text\":", "root", FailureKind.Invalid, "update")]
    [InlineData(Operation.Update, "notes/a", "{\"text\":", "", FailureKind.Unauthenticated, "update")]
    public async Task What_is_refused_is_recorded(Operation operation, string path, string body, string token, FailureKind kind, string recorded)
    {
        var failure = (await AskAsync(operation, path, body, token)).Failure!;
        Assert.Equal(kind, failure.Kind);
        var (request, response) = tap.Pair();
        foreach (var record in new[] { request, response })
        {
            var asked = record.GetProperty("request");
            Assert.Equal((recorded, path), (asked.Text("operation"), asked.Text("path")));
            Assert.Equal("192.0.2.9", asked.Text("remote_address"));
            Assert.Equal(token.Length > 0, asked.TryGetProperty("client_token", out var hash) && hash.GetString()!.StartsWith("hmac-sha256:", StringComparison.Ordinal));
            // Only a token that was found valid has a name here.
            Assert.Equal(token is "root" or "reader", record.GetProperty("auth").TryGetProperty("accessor", out _));
            // A stranger's body is not read: its record has its size and one hash.
            Assert.Equal(body is "{\"text\":" && token.Length > 0, asked.TryGetProperty("body_malformed", out _));
            Assert.Equal(failure.Message, record.Text("error"));
        }
        Assert.DoesNotContain(Unknown, string.Concat(tap.Sink.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_tell_whether_the_policies_allow_the_request_and_which_grant_it()
    {
        await node.ReadAsync("notes/a", reader).Ok();
        var results = tap.Pair().Request.GetProperty("auth").GetProperty("policy_results");
        Assert.True(results.GetProperty("allowed").GetBoolean());
        Assert.Equal("reader", results.GetProperty("granting_policies")[0].Text("name"));
        await node.DeleteAsync("notes/a", reader).Fails(FailureKind.Denied);
        results = tap.Pair(before: 2).Request.GetProperty("auth").GetProperty("policy_results");
        Assert.False(results.GetProperty("allowed").GetBoolean());
        Assert.False(results.TryGetProperty("granting_policies", out _));
    }

    [Fact]
    public async Task Records_bear_the_requests_id()
    {
        var request = new Request { Id = "the-id", Path = "notes/a", Operation = Operation.Read, Token = node.RootToken };
        await node.Node.Pipeline.HandleAsync(request, default).AsTask().Ok();
        var (asked, answered) = tap.Pair();
        Assert.Equal(("the-id", "the-id"), (asked.GetProperty("request").Text("id"), answered.GetProperty("request").Text("id")));
    }

    [Fact]
    public async Task A_bug_is_recorded_without_its_detail()
    {
        await node.WriteAsync("notes/b", """{"text":"boom"}""").Fails(FailureKind.Internal);
        Assert.StartsWith("internal error; request ", tap.Pair().Response.Text("error"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5000, 1)]
    [InlineData(1, 2_000_000)]
    public async Task What_no_entry_can_hold_is_the_callers_mistake_and_recorded(int name, int text)
    {
        var path = "notes/" + new string('n', name);
        var refusal = await node.WriteAsync(path, $$"""{"text":"{{new string('x', text)}}"}""").Fails(FailureKind.TooLarge);
        Assert.Equal(refusal.Message, tap.Pair().Response.Text("error"));
        Assert.Empty(node.Faults);
    }

    [Fact]
    public async Task A_store_that_fails_on_the_way_to_a_decision_is_recorded()
    {
        // Until what every request reads is in the cache: the token is then the first that the store is asked for.
        var asked = 1;
        store.BeforeGet = () =>
        {
            Interlocked.Increment(ref asked);
            return Task.CompletedTask;
        };
        await Eventually.HoldsAsync(async () =>
        {
            Volatile.Write(ref asked, 0);
            await node.ReadAsync("notes/a").Ok();
            return Volatile.Read(ref asked) == 0;
        });
        var before = tap.Sink.Lines.Count;
        store.BeforeGet = static () => throw new StoreUnavailableException("planted");
        var refusal = (await AskAsync(Operation.Read, "notes/a", "", Unknown)).Failure!;
        Assert.Equal("store.unavailable", refusal.Code);
        Assert.Equal(refusal.Message, tap.Pair(before).Response.Text("error"));
    }

    private async Task<Response> AskAsync(Operation operation, string path, string body, string token) => await node.Node.Pipeline.HandleAsync(
        new Request
        {
            Id = "1",
            Path = path,
            Operation = operation,
            Body = Encoding.UTF8.GetBytes(body),
            Token = token.Length == 0 ? null : Token(token),
            ClientAddress = System.Net.IPAddress.Parse("192.0.2.9"),
        },
        default);

    private SecretText Token(string name) => name switch
    {
        "root" => node.RootToken,
        "reader" => reader,
        _ => new SecretText(name),
    };

    private static bool Changes(StoreTransaction transaction, string name) =>
        transaction.Changes.Any(change => Encoding.UTF8.GetString(change.Key.Span).EndsWith(name, StringComparison.Ordinal));
}
