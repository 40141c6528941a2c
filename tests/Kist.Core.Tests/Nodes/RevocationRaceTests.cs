using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Audit;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

/// <summary>Many revocations of one token at once, on two nodes: one takes effect, and nobody is told of an error that is none.</summary>
public sealed class RevocationRaceTests : IAsyncLifetime
{
    private const int Rounds = 8;

    private readonly MemoryStore store = new();
    private TestNode a = null!;
    private TestNode b = null!;

    public async Task InitializeAsync()
    {
        a = await TestNode.CreateAsync(store);
        b = await TestNode.JoinAsync(store, a);
        await a.WriteAsync("sys/policies/acl/maker", """{"policy":"path \"auth/token/create\" { capabilities = [\"update\"] }"}""").Ok();
    }

    public async Task DisposeAsync()
    {
        await a.DisposeAsync();
        await b.DisposeAsync();
        await store.DisposeAsync();
    }

    [Theory]
    [InlineData("auth/token/revoke", """{"token":"TOKEN"}""")]
    [InlineData("auth/token/revoke-accessor", """{"accessor":"ACCESSOR"}""")]
    [InlineData("auth/token/revoke-orphan", """{"token":"TOKEN"}""")]
    [InlineData("auth/token/revoke-self", "")]
    public async Task Of_many_revocations_exactly_one_takes_effect(string path, string body)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var before = await PathsAsync();
            var token = await IssueAsync();
            var sent = body.Replace("TOKEN", token.ClientToken.Reveal()).Replace("ACCESSOR", token.Accessor);
            var answers = await RaceAsync(i => Node(i).WriteAsync(path, sent, body.Length == 0 ? token.ClientToken : null));
            Assert.Equal(1, answers.Count(answer => answer.Index > 0));
            Assert.All(answers, AssertClear);
            await AssertGoneAsync(token.ClientToken);
            if (path != "auth/token/revoke-orphan")
                Assert.Equal(before, await PathsAsync());
        }
        Assert.Empty(a.Faults.Concat(b.Faults));
    }

    [Fact]
    public async Task Of_revocations_of_parent_and_child_at_once_nothing_is_left()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var before = await PathsAsync();
            var parent = await IssueAsync();
            var child = (await a.WriteAsync("auth/token/create", "", parent.ClientToken).Ok()).Auth!;
            await KnownAsync(child.ClientToken);
            var answers = await RaceAsync(i => Node(i / 2).WriteAsync(
                "auth/token/revoke", $$"""{"token":"{{(i % 2 == 0 ? parent : child).ClientToken.Reveal()}}"}"""));
            Assert.All(answers, answer => Assert.Null(answer.Failure));
            await AssertGoneAsync(parent.ClientToken);
            await AssertGoneAsync(child.ClientToken);
            Assert.Equal(before, await PathsAsync());
        }
        Assert.Empty(a.Faults.Concat(b.Faults));
    }

    [Fact]
    public async Task Renewals_beside_a_revocation_bring_nothing_back()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var before = await PathsAsync();
            var token = await IssueAsync();
            var answers = await RaceAsync(i => i == 3
                ? a.WriteAsync("auth/token/revoke", $$"""{"token":"{{token.ClientToken.Reveal()}}"}""")
                : Node(i).WriteAsync("auth/token/renew", $$"""{"token":"{{token.ClientToken.Reveal()}}","increment":"1h"}"""));
            Assert.Null(answers[3].Failure);
            Assert.All(answers, AssertClear);
            await AssertGoneAsync(token.ClientToken);
            Assert.Equal(before, await PathsAsync());
        }
        Assert.Empty(a.Faults.Concat(b.Faults));
    }

    private TestNode Node(int i) => i % 2 == 0 ? a : b;

    // A token with something in its cubbyhole, which both nodes know.
    private async Task<IssuedToken> IssueAsync()
    {
        var token = (await a.WriteAsync("auth/token/create", """{"policies":["default","maker"],"ttl":"1h"}""").Ok()).Auth!;
        await a.WriteAsync("cubbyhole/x", """{"v":1}""", token.ClientToken).Ok();
        await KnownAsync(token.ClientToken);
        return token;
    }

    private Task KnownAsync(SecretText token) => Wait.UntilAsync(async () => (await b.ReadAsync("auth/token/lookup-self", token)).Failure is null);

    private async Task AssertGoneAsync(SecretText token)
    {
        foreach (var node in new[] { a, b })
            await Wait.UntilAsync(async () => (await node.ReadAsync("auth/token/lookup-self", token)).Failure?.Kind == FailureKind.Unauthenticated);
    }

    private static Task<Response[]> RaceAsync(Func<int, Task<Response>> ask) => Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => ask(i))));

    // Who comes too late may be told that the token is gone, and nothing else.
    private static void AssertClear(Response answer) => Assert.True(
        answer.Failure is null or { Kind: FailureKind.Unauthenticated } or { Code: "token.not_found" or "token.invalid_accessor" },
        answer.Failure?.ToString());

    private async Task<List<string>> PathsAsync()
    {
        var paths = new List<string>();
        await foreach (var entry in store.ExportAsync(default))
        {
            // Without the record of who leads, which comes when it comes.
            if (entry.Key.Span[0] == 0)
                paths.Add(Convert.ToHexString(entry.Key.Span));
        }
        return paths;
    }
}
