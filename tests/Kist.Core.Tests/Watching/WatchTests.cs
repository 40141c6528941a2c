using System.Text.Json;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Watching;

/// <summary><c>sys/watch</c> on two nodes of one store.</summary>
public sealed class WatchTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private TestNode node = null!;
    private TestNode other = null!;

    public async Task InitializeAsync()
    {
        node = await TestNode.CreateAsync(store, new NotesEngine());
        other = await TestNode.JoinAsync(store, node, new NotesEngine());
        await node.WriteAsync("sys/mounts/notes", """{"type":"notes"}""").Ok();
        await node.WriteAsync("notes/a/1", """{"text":"old"}""").Ok();
        foreach (var at in (TestNode[])[node, other])
            await Eventually.HoldsAsync(async () => (await at.AskAsync(Operation.Read, "sys/watch", """{"paths":"x"}""")).Failure is null);
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await other.DisposeAsync();
        await store.DisposeAsync();
        Assert.Empty(node.Faults);
        Assert.Empty(other.Faults);
    }

    [Fact]
    public async Task Who_names_no_index_learns_where_to_begin()
    {
        var begin = await AskAsync(other, new { paths = "notes/*" });
        Assert.Equal((false, 0), (begin.GetProperty("lost").GetBoolean(), begin.GetProperty("events").GetArrayLength()));
        Assert.True(begin.GetProperty("index").GetInt64() > 0);
    }

    [Fact]
    public async Task A_change_on_one_node_ends_the_wait_on_the_other_which_then_answers_the_new_value()
    {
        var index = await store.HeadAsync(default);
        var waiting = AskAsync(other, new { paths = "notes/a/*,notes/b", index });
        await WatchersAsync(other, 1);
        var written = (await node.WriteAsync("notes/a/1", """{"text":"new"}""").Ok()).Index;
        var told = Assert.Single((await waiting).GetProperty("events").EnumerateArray());
        Assert.Equal(("notes/a/1", written), (told.Text("path"), told.GetProperty("index").GetInt64()));
        Assert.False(told.TryGetProperty("version", out _));
        Assert.Equal("new", (await other.ReadAsync("notes/a/1").Ok()).Json().Text("text"));
        Assert.DoesNotContain("new", (await waiting).GetRawText());
        // Nothing more after that, and deletions are changes.
        Assert.Equal(0, (await AskAsync(other, new { paths = "notes/*", index = written, wait = 0 })).GetProperty("events").GetArrayLength());
        await node.DeleteAsync("notes/a/1").Ok();
        Assert.Equal("notes/a/1", Assert.Single((await AskAsync(other, new { paths = "notes/*", index = written })).GetProperty("events").EnumerateArray()).Text("path"));
    }

    [Fact]
    public async Task Nobody_is_told_of_what_they_may_not_read()
    {
        var token = await TokenAsync("""path "notes/a/*" { capabilities = ["read"] } path "notes/a/2" { capabilities = ["deny"] }""");
        var index = await store.HeadAsync(default);
        await node.WriteAsync("notes/a/2", """{"text":"x"}""").Ok();
        await node.WriteAsync("notes/b", """{"text":"x"}""").Ok();
        Assert.Equal(0, (await AskAsync(node, new { paths = "notes/*", index, wait = 0 }, token)).GetProperty("events").GetArrayLength());
        await node.WriteAsync("notes/a/3", """{"text":"x"}""").Ok();
        var told = await AskAsync(node, new { paths = "notes/*", index }, token);
        Assert.Equal("notes/a/3", Assert.Single(told.GetProperty("events").EnumerateArray()).Text("path"));
    }

    [Fact]
    public async Task A_policy_that_is_narrowed_while_somebody_waits_counts_at_the_next_event()
    {
        var token = await TokenAsync("""path "notes/*" { capabilities = ["read"] }""");
        var index = await store.HeadAsync(default);
        var waiting = AskAsync(node, new { paths = "notes/*", index, wait = 60 }, token);
        await WatchersAsync(node, 1);
        await PolicyAsync("""path "notes/b" { capabilities = ["read"] }""");
        await node.WriteAsync("notes/a/1", """{"text":"x"}""").Ok();
        await node.WriteAsync("notes/b", """{"text":"x"}""").Ok();
        Assert.Equal("notes/b", Assert.Single((await waiting).GetProperty("events").EnumerateArray()).Text("path"));
    }

    [Fact]
    public async Task A_token_that_is_revoked_while_it_waits_is_told_nothing()
    {
        var token = await TokenAsync("""path "notes/*" { capabilities = ["read"] }""");
        var index = await store.HeadAsync(default);
        var waiting = TryAsync(node, new { paths = "notes/*", index }, token);
        await WatchersAsync(node, 1);
        await node.WriteAsync("auth/token/revoke-self", "", token).Ok();
        await node.WriteAsync("notes/a/1", """{"text":"x"}""").Ok();
        await waiting.Fails(FailureKind.Unauthenticated);
    }

    // An agent whose token is gone logs in again when it is told.
    [Fact]
    public async Task A_token_that_is_revoked_while_it_waits_is_told_so_before_its_wait_is_over()
    {
        var token = await TokenAsync("""path "notes/*" { capabilities = ["read"] }""");
        var index = await store.HeadAsync(default);
        var waiting = TryAsync(node, new { paths = "notes/*", index, wait = 60 }, token);
        await WatchersAsync(node, 1);
        await node.WriteAsync("auth/token/revoke-self", "", token).Ok();
        await waiting.WaitAsync(TimeSpan.FromSeconds(40)).Fails(FailureKind.Unauthenticated);
    }

    [Fact]
    public async Task Server_that_stops_answers_who_waits_and_lets_nobody_wait_any_more()
    {
        var index = await store.HeadAsync(default);
        var waiting = AskAsync(node, new { paths = "notes/*", index, wait = 60 });
        await WatchersAsync(node, 1);
        node.Node.EndWatches();
        Assert.Equal(0, (await waiting).GetProperty("events").GetArrayLength());
        Assert.Equal(index, (await AskAsync(node, new { paths = "notes/*", index, wait = 60 })).GetProperty("index").GetInt64());
    }

    [Fact]
    public async Task One_token_takes_not_the_places_of_all_others()
    {
        var token = await TokenAsync("""path "notes/*" { capabilities = ["read"] }""");
        var index = await store.HeadAsync(default);
        var waiting = Enumerable.Range(0, 128).Select(_ => TryAsync(node, new { paths = "notes/*", index, wait = 60 }, token)).ToList();
        await WatchersAsync(node, 128);
        var refused = await TryAsync(node, new { paths = "notes/*", index, wait = 0 }, token).Fails(FailureKind.Throttled);
        Assert.Equal("watch.too_many_of_token", refused.Code);
        Assert.Contains("this token already watches 128 times", refused.Message, StringComparison.Ordinal);
        await AskAsync(node, new { paths = "notes/*", index, wait = 0 });
        // Its places are free again as soon as it is answered.
        await node.WriteAsync("notes/a/1", """{"text":"x"}""").Ok();
        foreach (var answer in waiting)
            await answer.Ok();
        await AskAsync(node, new { paths = "notes/*", index, wait = 0 }, token);
    }

    [Fact]
    public async Task Nobody_reads_everything_again_when_the_store_was_away_for_a_while()
    {
        var way = new PartitionableStore(store);
        await using var third = await TestNode.JoinAsync(way, node, new NotesEngine());
        var index = await store.HeadAsync(default);
        Assert.True(await third.Node.Changes.ReachedAsync(index, TimeSpan.FromMinutes(1), default));
        await way.CutAsync(Partition.Refuses);
        await node.WriteAsync("notes/a/1", """{"text":"missed"}""").Ok();
        await Eventually.HoldsAsync(() => third.FailedDuties.Contains("follow changes for watchers"));
        var last = (await node.WriteAsync("notes/a/2", """{"text":"missed"}""").Ok()).Index;
        way.Heal();
        Assert.True(await third.Node.Changes.ReachedAsync(last, TimeSpan.FromMinutes(1), default));
        var told = (await third.AskAsync(Operation.Read, "sys/watch", JsonSerializer.Serialize(new { paths = "notes/*", index }), index: last).Ok()).Json();
        Assert.False(told.GetProperty("lost").GetBoolean());
        Assert.Equal(["notes/a/1", "notes/a/2"], told.GetProperty("events").EnumerateArray().Select(e => e.Text("path")));
    }

    [Fact]
    public async Task A_wait_ends_before_the_time_that_a_request_may_take()
    {
        await using var brief = await TestNode.JoinAsync(store, node, new NodeOptions { MaxRequestDuration = TimeSpan.FromSeconds(6) }, new NotesEngine());
        var index = await store.HeadAsync(default);
        Assert.True(await brief.Node.Changes.ReachedAsync(index, TimeSpan.FromMinutes(1), default));
        var quiet = await AskAsync(brief, new { paths = "notes/nothing", index, wait = 60 });
        Assert.Equal((false, 0), (quiet.GetProperty("lost").GetBoolean(), quiet.GetProperty("events").GetArrayLength()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public async Task What_may_be_told_is_not_held_back_by_any_number_of_changes_that_may_not(int wait)
    {
        var token = await TokenAsync("""path "notes/z" { capabilities = ["read"] }""");
        var index = await store.HeadAsync(default);
        for (var i = 0; i < 1_001; i++)
            await node.WriteAsync($"notes/a/{i}", """{"text":"x"}""").Ok();
        var last = (await node.WriteAsync("notes/z", """{"text":"x"}""").Ok()).Index;
        Assert.True(await node.Node.Changes.ReachedAsync(last, TimeSpan.FromMinutes(1), default));
        var told = await AskAsync(node, new { paths = "notes/*", index, wait }, token);
        Assert.Equal("notes/z", Assert.Single(told.GetProperty("events").EnumerateArray()).Text("path"));
    }

    [Fact]
    public async Task An_index_that_is_not_known_is_answered_as_lost()
    {
        Assert.True((await AskAsync(node, new { paths = "notes/*", index = 0 })).GetProperty("lost").GetBoolean());
        var future = await store.HeadAsync(default) + 1_000;
        var lost = await AskAsync(node, new { paths = "notes/*", index = future });
        Assert.True(lost.GetProperty("lost").GetBoolean());
        Assert.True(lost.GetProperty("index").GetInt64() < future);
    }

    [Fact]
    public async Task Strangers_and_senseless_questions_are_refused()
    {
        await TryAsync(node, new { paths = "notes/*" }, new SecretText("")).Fails(FailureKind.Unauthenticated);
        await TryAsync(node, new { paths = "notes/*", wait = 61 }).Fails(FailureKind.Invalid);
        await TryAsync(node, new { paths = "notes/*", wait = -1 }).Fails(FailureKind.Invalid);
        await TryAsync(node, new { paths = "*" }).Fails(FailureKind.Invalid);
        await TryAsync(node, new { }).Fails(FailureKind.Invalid);
    }

    private static Task<Response> TryAsync(TestNode at, object question, SecretText? token = null) =>
        at.AskAsync(Operation.Read, "sys/watch", JsonSerializer.Serialize(question), token);

    private static async Task<JsonElement> AskAsync(TestNode at, object question, SecretText? token = null) => (await TryAsync(at, question, token).Ok()).Json();

    private static Task WatchersAsync(TestNode at, int count) => Eventually.HoldsAsync(() => Task.FromResult(at.Node.Changes.Watchers == count));

    private async Task<SecretText> TokenAsync(string policy)
    {
        await PolicyAsync(policy);
        return (await node.WriteAsync("auth/token/create", """{"policies":"reader"}""").Ok()).Auth!.ClientToken;
    }

    private Task<Response> PolicyAsync(string policy) => node.WriteAsync("sys/policies/acl/reader", JsonSerializer.Serialize(new { policy })).Ok();
}
