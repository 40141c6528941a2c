using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;
using Kist.Core.Storage;
using Kist.Core.Tests.Tokens;
using Kist.Core.Tests.Tokens.Routes;
using Kist.Core.Tokens;
using Kist.Core.Tokens.Routes;
using Kist.Core.Wrapping;
using Kist.Crypto;

namespace Kist.Core.Tests.Wrapping;

public sealed class WrappingTests : IAsyncLifetime
{
    private static readonly TimeSpan Ttl = TimeSpan.FromMinutes(5);

    private TokenHost host = null!;
    private WrappingService wrapping = null!;

    public async Task InitializeAsync()
    {
        host = await TokenHost.StartAsync();
        wrapping = new WrappingService(host.Tokens, host.Clock);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_answer_comes_out_as_it_went_in_once()
    {
        var issued = (await host.TryIssueAsync()).Value.Token;
        var lease = new LeaseInfo("l", Ttl, true);
        var info = await WrapAsync(new Response { Data = Password, Auth = issued, Warnings = ["careful"], MountType = "kv", Lease = lease });
        Assert.Equal(Ttl, info.Ttl);
        Assert.Equal("secret/data/app", info.CreationPath);
        Assert.Equal(host.Clock.GetUtcNow(), info.CreationTime);
        Assert.Equal(issued.Accessor, info.WrappedAccessor);

        var response = (await wrapping.UnwrapAsync(info.Token, default)).Value;
        Assert.True(response.Data.Span.SequenceEqual(Password));
        Assert.Equal(["careful"], response.Warnings);
        Assert.Equal("kv", response.MountType);
        Assert.Equal(lease, response.Lease);
        Assert.Equal(issued.ClientToken, response.Auth!.ClientToken);
        Assert.Equal(issued.Policies, response.Auth.Policies);
        Assert.Equal(issued.Ttl, response.Auth.Ttl);

        await AssertUsedAsync(info.Token);
        await host.RevokeAsync(issued.ClientToken);
        Assert.Empty(await host.PathsAsync());
    }

    [Theory]
    [InlineData(null)]
    [InlineData(207)]
    public async Task An_answer_that_tells_of_parts_that_failed_does_so_when_it_is_unwrapped(int? code)
    {
        var partial = new PartialFailure(code);
        var info = await WrapAsync(new Response { Data = Password, PartialFailure = partial });
        var moved = (await wrapping.RewrapAsync(info.Token, default)).Value;
        Assert.Equal(partial, (await wrapping.UnwrapAsync(moved.Token, default)).Value.PartialFailure);
        var whole = await WrapAsync(Secret());
        Assert.Null((await wrapping.UnwrapAsync(whole.Token, default)).Value.PartialFailure);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_revoked_wrapping_token_takes_its_answer_with_it(bool keepingChildren)
    {
        // Revoked without its children, which it cannot have, it once left the answer in the store for ever.
        var info = await WrapAsync(Secret());
        if (keepingChildren)
            await host.RevokeOrphanAsync(info.Token);
        else
            await host.RevokeAsync(info.Token);
        await AssertUsedAsync(info.Token);
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task Tidy_removes_an_answer_that_no_token_opens()
    {
        Assert.True((await host.Records.Begin().Put(host.Records.Wrapped, "00", Password).CommitAsync(default)).Succeeded);
        var info = await WrapAsync(Secret());
        Assert.Equal((true, 1), await host.Tokens.TidyAsync(default));
        Assert.True((await wrapping.UnwrapAsync(info.Token, default)).Succeeded);
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task An_answer_without_a_body_stays_without()
    {
        var info = await WrapAsync(new Response());
        Assert.True((await wrapping.UnwrapAsync(info.Token, default)).Value.Data.IsEmpty);
    }

    // A secret of version 1 may be as deep as a body; converted to version 2, it lies one level deeper.
    [Theory]
    [InlineData(FieldJson.MaxDepth)]
    [InlineData(FieldJson.MaxDepth + 1)]
    public async Task The_deepest_answer_that_is_wrapped_can_be_unwrapped_and_rewrapped(int depth)
    {
        var deep = Encoding.UTF8.GetBytes($"{string.Concat(Enumerable.Repeat("{\"a\":", depth))}1{new string('}', depth)}");
        var info = await WrapAsync(new Response { Data = deep });
        info = (await wrapping.RewrapAsync(info.Token, default)).Value;
        Assert.True((await wrapping.UnwrapAsync(info.Token, default)).Value.Data.Span.SequenceEqual(deep));
    }

    [Fact]
    public async Task Of_many_callers_on_two_nodes_one_gets_it()
    {
        var peer = await host.StartPeerAsync();
        WrappingService[] nodes = [wrapping, new WrappingService(peer.Tokens, peer.Clock)];
        for (var round = 0; round < 20; round++)
        {
            var info = await WrapAsync(Secret());
            var callers = Enumerable.Range(0, 8).Select(i => Task.Run(() => nodes[i % 2].UnwrapAsync(info.Token, default).AsTask()));
            var outcomes = await Task.WhenAll(callers);
            Assert.Single(outcomes, o => o.Succeeded);
            Assert.All(outcomes.Where(o => !o.Succeeded), o => Assert.Equal("wrapping.invalid_token", o.Failure?.Code));
        }
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task Of_an_unwrap_and_a_rewrap_at_once_one_wins()
    {
        for (var round = 0; round < 20; round++)
        {
            var info = await WrapAsync(Secret());
            var unwrap = Task.Run(async () => await wrapping.UnwrapAsync(info.Token, default));
            var rewrapped = await Task.Run(async () => await wrapping.RewrapAsync(info.Token, default));
            var unwrapped = await unwrap;
            Assert.NotEqual(unwrapped.Succeeded, rewrapped.Succeeded);
            if (rewrapped.Succeeded)
                Assert.True((await wrapping.UnwrapAsync(rewrapped.Value.Token, default)).Succeeded);
        }
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task An_unwrap_that_another_overtakes_gets_nothing()
    {
        var peer = await host.StartPeerAsync();
        var info = await WrapAsync(Secret());
        var other = new WrappingService(peer.Tokens, peer.Clock);
        host.Store.Before(async () => Assert.True((await other.UnwrapAsync(info.Token, default)).Succeeded));
        await AssertUsedAsync(info.Token);
    }

    [Theory]
    [InlineData(CommitFate.LostBefore)]
    [InlineData(CommitFate.LostAfter)]
    public async Task An_unknown_outcome_shows_nothing(CommitFate fate)
    {
        var info = await WrapAsync(Secret());
        host.Store.Fate = _ => fate;
        Assert.Equal("wrapping.unknown_outcome", (await wrapping.UnwrapAsync(info.Token, default)).Failure?.Code);
        host.Store.Fate = static _ => null;
        Assert.Equal(fate == CommitFate.LostBefore, (await wrapping.UnwrapAsync(info.Token, default)).Succeeded);
    }

    [Fact]
    public async Task It_ends_by_its_time_and_leaves_nothing()
    {
        var info = await WrapAsync(Secret());
        host.Clock.Advance(Ttl);
        await AssertUsedAsync(info.Token);
        Assert.Equal(1, await host.Tokens.ExpireDueAsync(null, default));
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task A_rewrap_moves_path_and_answer_to_a_new_token_with_a_full_ttl()
    {
        var first = await WrapAsync(Secret());
        host.Clock.Advance(TimeSpan.FromMinutes(4));
        var second = (await wrapping.RewrapAsync(first.Token, default)).Value;
        await AssertUsedAsync(first.Token);
        Assert.Equal(first.CreationPath, second.CreationPath);
        Assert.Equal(Ttl, second.Ttl);
        host.Clock.Advance(TimeSpan.FromMinutes(4));
        Assert.True((await wrapping.UnwrapAsync(second.Token, default)).Value.Data.Span.SequenceEqual(Password));
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task A_lookup_uses_nothing()
    {
        var info = await WrapAsync(Secret());
        var looked = new WrappingLookup { CreationPath = info.CreationPath, CreationTime = info.CreationTime, CreationTtl = Ttl };
        Assert.Equal(looked, (await wrapping.LookupAsync(info.Token, default)).Value);
        Assert.Equal(looked, (await wrapping.LookupAsync(info.Token, default)).Value);
        Assert.True((await wrapping.UnwrapAsync(info.Token, default)).Succeeded);
    }

    [Fact]
    public async Task Other_tokens_unwrap_nothing()
    {
        var batch = await host.IssueAsync(change: s => s with { Type = TokenType.Batch });
        foreach (var token in new[] { await host.RootAsync(), await host.IssueAsync(), batch, new SecretText("none"), new SecretText("") })
            await AssertUsedAsync(token);
    }

    [Fact]
    public async Task A_wrapping_token_is_good_for_nothing_else()
    {
        var info = await WrapAsync(Secret());
        var authenticated = await host.LoginAsync(info.Token);
        Assert.Equal(["response-wrapping"], authenticated.Entry.Policies);
        // Its use is the unwrapping, not the request that carries it.
        Assert.Same(authenticated, (await host.Tokens.UseAsync(authenticated, default)).Value);
        var tokens = RouteCaller.Of(host, "auth/token/", new TokenMountType(host.Tokens, host.Clock));
        Assert.Equal("token.restricted_parent", (await tokens.WriteAsync(info.Token, "create")).Code);
        Assert.Equal("token.not_renewable", (await tokens.WriteAsync(info.Token, "renew-self")).Code);
        Assert.True((await wrapping.UnwrapAsync(info.Token, default)).Succeeded);
    }

    [Fact]
    public async Task A_revocation_by_accessor_takes_the_answer_too()
    {
        var info = await WrapAsync(Secret());
        var found = await host.Tokens.FindByAccessorAsync(default, info.Accessor, default);
        Assert.Null((await host.Tokens.RevokeAsync(found!.Value, default)).Failure);
        await AssertUsedAsync(info.Token);
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task An_exchanged_answer_is_refused()
    {
        WrapInfo[] infos = [await WrapAsync(Secret()), await WrapAsync(Secret())];
        var view = host.Records.Wrapped;
        var keys = (await view.ScanAsync("", 0, default)).Select(path => KeyLayout.Entry(KeyLayout.FirstGeneration, view, path)).ToList();
        var entries = (await host.Store.GetAsync(keys, default)).Entries;
        var exchange = new StoreTransaction([], [new(keys[0], entries[1]!.Value), new(keys[1], entries[0]!.Value)]);
        Assert.True((await host.Store.CommitAsync(exchange, default)).Succeeded);
        foreach (var info in infos)
            await Assert.ThrowsAsync<BarrierIntegrityException>(async () => await wrapping.UnwrapAsync(info.Token, default));
    }

    [Fact]
    public async Task The_store_shows_neither_token_nor_answer()
    {
        var issued = (await host.TryIssueAsync()).Value.Token;
        var info = await WrapAsync(new Response { Data = Password, Auth = issued });
        string[] secrets = [info.Token.Reveal(), info.Accessor, issued.ClientToken.Reveal(), "hunter2"];
        await foreach (var entry in host.Store.ExportAsync(default))
        {
            foreach (var secret in secrets.Select(Encoding.UTF8.GetBytes))
            {
                Assert.Equal(-1, entry.Key.Span.IndexOf(secret));
                Assert.Equal(-1, entry.Value.Span.IndexOf(secret));
            }
        }
    }

    [Fact]
    public async Task A_wrapped_answer_has_its_golden_form()
    {
        _ = await WrapAsync(new Response { Data = Password, MountType = "kv", Warnings = ["w"], Lease = new LeaseInfo("", Ttl, false) });
        var path = Assert.Single(await host.Records.Wrapped.ScanAsync("", 0, default));
        var stored = await host.Records.Wrapped.ReadAsync(path, default);
        var golden = """
            {"schema":1,"data":{"password":"hunter2"},"shape":"Enveloped","gone":false,"mount_type":"kv","warnings":["w"],
            "lease":{"id":"","duration":"00:05:00","renewable":false},"auth":null}
            """.ReplaceLineEndings("");
        Assert.Equal(golden, Encoding.UTF8.GetString(stored!.Value.Value.Span));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_ttl_must_be_more_than_zero(int seconds)
    {
        var outcome = await wrapping.WrapAsync(default, "p", Secret(), TimeSpan.FromSeconds(seconds), default);
        Assert.Equal("wrapping.invalid_ttl", outcome.Failure?.Code);
    }

    [Fact]
    public async Task What_cannot_be_wrapped_is_refused()
    {
        var text = new Response { Body = new TextBody("text/plain", default) };
        Assert.Equal("wrapping.not_json", (await wrapping.WrapAsync(default, "p", text, Ttl, default)).Failure?.Code);
        var large = new Response { Data = Encoding.UTF8.GetBytes($"\"{new string('x', 1 << 20)}\"") };
        Assert.Equal(FailureKind.TooLarge, (await wrapping.WrapAsync(default, "p", large, Ttl, default)).Failure?.Kind);
    }

    [Fact]
    public async Task The_routes_take_the_token_of_the_body_or_of_the_request()
    {
        var map = new RouteMap(new WrappingTestJson(FieldJson.Options()));
        WrappingRoutes.Add(map, wrapping);
        var routes = RouteCaller.Of(host, "sys/", new TokenMountType(host.Tokens, host.Clock), map.Build());
        var client = await host.IssueAsync();

        var wrapped = await routes.WriteAsync(client, "wrapping/wrap", """{"a":"b"}""", Ttl);
        Assert.Equal("""{"a":"b"}""", wrapped.Ok.Json!.ToJsonString());
        Assert.Equal("wrapping.ttl_needed", (await routes.WriteAsync(client, "wrapping/wrap", """{"a":"b"}""")).Code);

        var info = await WrapAsync(Secret());
        var body = $$"""{"token":"{{info.Token.Reveal()}}"}""";
        var expected = JsonNode.Parse("""{"creation_path":"secret/data/app","creation_time":"2026-01-31T12:00:00Z","creation_ttl":300}""");
        Assert.True(JsonNode.DeepEquals(expected, (await routes.WriteAsync(client, "wrapping/lookup", body)).Ok.Json));
        Assert.True(JsonNode.DeepEquals(expected, (await routes.WriteAsync(null, "wrapping/lookup", body)).Ok.Json));
        Assert.True(JsonNode.DeepEquals(expected, (await routes.ReadAsync(info.Token, "wrapping/lookup")).Ok.Json));

        var rewrapped = (WrapInfo)(await routes.WriteAsync(client, "wrapping/rewrap", body)).Ok.Body!;
        var response = (Response)(await routes.WriteAsync(rewrapped.Token, "wrapping/unwrap")).Ok.Body!;
        Assert.True(response.Data.Span.SequenceEqual(Password));

        var again = await routes.WriteAsync(client, "wrapping/unwrap", body);
        Assert.Equal(FailureKind.Invalid, again.Failure?.Kind);
        Assert.Equal("wrapping token is not valid or does not exist", again.Failure?.Message);
        Assert.Equal("wrapping.missing_token", (await routes.WriteAsync(null, "wrapping/unwrap")).Code);
    }

    private static byte[] Password { get; } = Encoding.UTF8.GetBytes("""{"password":"hunter2"}""");

    private static Response Secret() => new() { Data = Password };

    private async Task<WrapInfo> WrapAsync(Response response)
    {
        var outcome = await wrapping.WrapAsync(default, "secret/data/app", response, Ttl, default);
        Assert.Null(outcome.Failure);
        return outcome.Value;
    }

    private async Task AssertUsedAsync(SecretText token)
    {
        Assert.Equal("wrapping.invalid_token", (await wrapping.UnwrapAsync(token, default)).Failure?.Code);
        Assert.Equal("wrapping.invalid_token", (await wrapping.RewrapAsync(token, default)).Failure?.Code);
        Assert.Equal("wrapping.invalid_token", (await wrapping.LookupAsync(token, default)).Failure?.Code);
    }
}

[JsonSerializable(typeof(WrappingTokenRequest))]
[JsonSerializable(typeof(WrappingLookup))]
[JsonSerializable(typeof(RawJson))]
internal sealed partial class WrappingTestJson : JsonSerializerContext;
