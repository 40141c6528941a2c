using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Tokens;

public sealed class AuthenticationTests
{
    [Fact]
    public async Task An_issued_token_is_valid_and_others_are_not()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync();
        var authenticated = await host.LoginAsync(token);
        Assert.Equal(["app"], authenticated.Entry.Policies);

        foreach (var wrong in new[] { "", "root", token.Reveal() + "x", token.Reveal()[..^1], TokenId.New(TokenType.Service, default).Reveal() })
        {
            var outcome = await host.Tokens.AuthenticateAsync(new SecretText(wrong), null, default);
            Assert.Equal(FailureKind.Unauthenticated, outcome.Failure?.Kind);
            Assert.Equal("token.invalid", outcome.Failure?.Code);
        }
    }

    [Fact]
    public async Task A_token_of_a_namespace_that_does_not_exist_is_not_valid()
    {
        var host = await TokenHost.StartAsync();
        Assert.False(await host.IsValidAsync(TokenId.New(TokenType.Service, new(9))));
        Assert.False(await host.IsValidAsync(TokenId.OfBatch(new(9), new byte[64])));
    }

    [Fact]
    public async Task An_expired_token_is_refused_by_its_own_time()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync();
        host.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        Assert.True(await host.IsValidAsync(token));
        host.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.False(await host.IsValidAsync(token));
    }

    [Fact]
    public async Task A_revoked_token_is_refused_on_every_node()
    {
        var host = await TokenHost.StartAsync();
        var peer = await host.StartPeerAsync();
        var token = await host.IssueAsync();
        Assert.True(await host.IsValidAsync(token));
        Assert.True(await peer.IsValidAsync(token));
        await peer.RevokeAsync(token);
        Assert.False(await host.IsValidAsync(token));
        Assert.False(await peer.IsValidAsync(token));
    }

    [Fact]
    public async Task Repeated_requests_get_the_same_object_until_entry_or_policies_change()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync();
        var first = await host.LoginAsync(token);
        Assert.Same(first, await host.LoginAsync(token));

        host.ChangePolicies();
        var recompiled = await host.LoginAsync(token);
        Assert.NotSame(first.Acl, recompiled.Acl);

        Assert.True((await host.RenewAsync(token)).Succeeded);
        var renewed = await host.LoginAsync(token);
        Assert.NotSame(recompiled, renewed);
        Assert.Equal(host.Clock.GetUtcNow(), renewed.Entry.LastRenewal);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("10.0.0.0/8", "::1", false)]
    [InlineData("10.0.0.0/8", null, false)]
    [InlineData("::ffff:10.0.0.0/104", "10.1.2.3", true)]
    [InlineData("2001:db8::/32", "2001:db8::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("192.0.2.7/24", "192.0.2.200", true)]
    [InlineData("not a network", "127.0.0.1", false)]
    public async Task A_bound_token_is_refused_elsewhere(string cidr, string? client, bool allowed)
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync(change: s => s with { BoundCidrs = [cidr] });
        Assert.Equal(allowed, await host.IsValidAsync(token, client));
    }

    [Fact]
    public async Task An_unbound_token_needs_no_address()
    {
        var host = await TokenHost.StartAsync();
        Assert.True(await host.IsValidAsync(await host.IssueAsync(), client: null));
    }

    [Fact]
    public async Task A_repeated_authentication_ends_without_waiting()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync(await host.IssueAsync());
        _ = await host.LoginAsync(token);
        var again = host.Tokens.AuthenticateAsync(token, null, default);
        Assert.True(again.IsCompleted);
        Assert.True((await again).Succeeded);
    }

    [Fact]
    public async Task A_sealed_barrier_refuses_even_known_batch_tokens()
    {
        var host = await TokenHost.StartAsync();
        var batch = await host.IssueAsync(change: s => s with { Type = TokenType.Batch });
        Assert.True(await host.IsValidAsync(batch));
        host.Barrier.Seal();
        await Assert.ThrowsAsync<BarrierSealedException>(async () => await host.IsValidAsync(batch));
    }

    [Fact]
    public async Task A_custom_id_works_and_stays_unique()
    {
        var host = await TokenHost.StartAsync();
        var id = new SecretText("s.my own: id/with anything");
        Assert.True((await host.TryIssueAsync(change: s => s with { Id = id })).Succeeded);
        Assert.True(await host.IsValidAsync(new SecretText(id.Reveal())));
        Assert.Equal("token.duplicate_id", (await host.TryIssueAsync(change: s => s with { Id = id })).Failure?.Code);
        Assert.Equal("token.reserved_id", (await host.TryIssueAsync(change: s => s with { Id = new SecretText("kst_s_mine") })).Failure?.Code);

        await host.RevokeAsync(id);
        Assert.True((await host.TryIssueAsync(change: s => s with { Id = id })).Succeeded);
    }

    [Fact]
    public async Task A_root_token_never_ends()
    {
        var host = await TokenHost.StartAsync();
        var root = await host.RootAsync();
        host.Clock.Advance(TimeSpan.FromDays(36_500));
        Assert.True((await host.LoginAsync(root)).Entry.IsRoot);
        Assert.Equal("token.not_renewable", (await host.RenewAsync(root)).Failure?.Code);
    }

    [Fact]
    public async Task A_lost_answer_to_an_issue_is_a_failure()
    {
        var host = await TokenHost.StartAsync();
        _ = await host.IssueAsync();
        host.Store.Fate = static _ => CommitFate.LostAfter;
        var outcome = await host.TryIssueAsync();
        Assert.Equal("store.unknown_outcome", outcome.Failure?.Code);
    }

    [Fact]
    public async Task An_issued_token_never_prints_its_id()
    {
        var host = await TokenHost.StartAsync();
        var issued = (await host.TryIssueAsync()).Value.Token;
        var id = issued.ClientToken.Reveal();
        Assert.DoesNotContain(id, issued.ToString());
        var json = System.Text.Json.JsonSerializer.Serialize(issued);
        Assert.DoesNotContain(id, json);
        Assert.Contains("[redacted]", json);
    }

    [Fact]
    public async Task A_missing_mount_config_leaves_the_servers_limits()
    {
        var host = await TokenHost.StartAsync();
        var issued = await host.TryIssueAsync(change: s => s with { Ttl = TimeSpan.Zero, Mount = new MountConfig() });
        Assert.Equal(TokenLimits.Standard.DefaultTtl, issued.Value.Token.Ttl);
    }
}
