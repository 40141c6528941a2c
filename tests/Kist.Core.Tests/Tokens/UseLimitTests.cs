using System.Net;
using Kist.Crypto;

namespace Kist.Core.Tests.Tokens;

public sealed class UseLimitTests
{
    [Fact]
    public async Task A_token_serves_exactly_its_uses_whatever_the_concurrency()
    {
        const int uses = 50;
        var host = await TokenHost.StartAsync();
        TokenHost[] nodes = [host, await host.StartPeerAsync()];
        var token = await host.IssueAsync(change: s => s with { NumUses = uses });

        var served = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() => ServeAsync(nodes[worker % 2], token, attempts: 20))));

        Assert.Equal(uses, served.Sum());
        Assert.False(await host.IsValidAsync(token));
        Assert.DoesNotContain(await host.PathsAsync(), path => path.StartsWith("id/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_two_last_uses_one_is_served()
    {
        var host = await TokenHost.StartAsync();
        var peer = await host.StartPeerAsync();
        var token = await host.IssueAsync(change: s => s with { NumUses = 1 });
        var authenticated = await peer.LoginAsync(token);
        host.Store.Before(async () => Assert.True((await peer.Tokens.UseAsync(authenticated, default)).Value.IsLastUse));
        Assert.Equal("token.invalid", (await host.Tokens.UseAsync(await host.LoginAsync(token), default)).Failure?.Code);
    }

    [Fact]
    public async Task The_last_use_is_told_and_then_revokes()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync(change: s => s with { NumUses = 2 });
        var first = (await host.Tokens.UseAsync(await host.LoginAsync(token), default)).Value;
        Assert.False(first.IsLastUse);
        Assert.Equal(1, first.Entry.NumUses);
        await host.Tokens.EndUseAsync(first, default);

        var last = (await host.Tokens.UseAsync(await host.LoginAsync(token), default)).Value;
        Assert.True(last.IsLastUse);
        Assert.False(await host.IsValidAsync(token));
        Assert.NotEmpty(await host.PathsAsync());
        await host.Tokens.EndUseAsync(last, default);
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task Other_tokens_cost_no_write()
    {
        var host = await TokenHost.StartAsync();
        var authenticated = await host.LoginAsync(await host.IssueAsync());
        host.Store.ResetCounts();
        Assert.Same(authenticated, (await host.Tokens.UseAsync(authenticated, default)).Value);
        await host.Tokens.EndUseAsync(authenticated, default);
        Assert.Equal(0, host.Store.Commits);
    }

    [Theory]
    [InlineData(CommitFate.LostBefore)]
    [InlineData(CommitFate.LostAfter)]
    public async Task A_use_of_unknown_outcome_counts_and_is_refused(CommitFate fate)
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync(change: s => s with { NumUses = 3 });
        var authenticated = await host.LoginAsync(token);
        host.Store.Fate = _ => fate;
        Assert.Equal("store.unknown_outcome", (await host.Tokens.UseAsync(authenticated, default)).Failure?.Code);

        host.Store.Fate = static _ => null;
        var served = await ServeAsync(host, token, attempts: 5);
        Assert.InRange(served, 2, 3);
        Assert.Equal(fate == CommitFate.LostAfter ? 2 : 3, served);
    }

    [Fact]
    public async Task A_use_after_the_revocation_is_refused()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync(change: s => s with { NumUses = 5 });
        var authenticated = await host.LoginAsync(token);
        await host.RevokeAsync(token);
        Assert.Equal("token.invalid", (await host.Tokens.UseAsync(authenticated, default)).Failure?.Code);
    }

    [Fact]
    public async Task A_use_and_a_renewal_at_once_both_count()
    {
        var host = await TokenHost.StartAsync();
        var peer = await host.StartPeerAsync();
        var token = await host.IssueAsync(change: s => s with { NumUses = 1000, ExplicitMaxTtl = TimeSpan.FromDays(9) });
        await Task.WhenAll(
            Task.Run(() => ServeAsync(host, token, attempts: 100)),
            Task.Run(async () =>
            {
                for (var i = 0; i < 100; i++)
                    await peer.RenewAsync(token, TimeSpan.FromHours(1 + i));
            }));
        var entry = (await host.FindAsync(token)).Entry;
        Assert.Equal(900, entry.NumUses);
        Assert.Equal(host.Clock.GetUtcNow() + TimeSpan.FromHours(100), entry.ExpiresAt);
    }

    [Fact]
    public async Task A_revocation_and_uses_at_once_leave_nothing_behind()
    {
        for (var round = 0; round < 20; round++)
        {
            var host = await TokenHost.StartAsync();
            var peer = await host.StartPeerAsync();
            var token = await host.IssueAsync(change: s => s with { NumUses = 1000 });
            var found = await peer.FindAsync(token);
            await Task.WhenAll(
                Task.Run(() => ServeAsync(host, token, attempts: 30)),
                Task.Run(async () => Assert.Null((await peer.Tokens.RevokeAsync(found, default)).Failure)));
            Assert.False(await host.IsValidAsync(token));
            Assert.Empty(await host.PathsAsync());
        }
    }

    // Sends requests one after the other, as the pipeline does, and counts those that were served.
    private static async Task<int> ServeAsync(TokenHost node, SecretText token, int attempts)
    {
        var served = 0;
        for (var i = 0; i < attempts; i++)
        {
            var authenticated = await node.Tokens.AuthenticateAsync(token, IPAddress.Loopback, default);
            if (!authenticated.Succeeded)
                continue;
            var used = await node.Tokens.UseAsync(authenticated.Value, default);
            if (!used.Succeeded)
                continue;
            served++;
            await node.Tokens.EndUseAsync(used.Value, default);
        }
        return served;
    }
}
