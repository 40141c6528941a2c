using Kist.Core.Storage;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Tokens;

public sealed class ExpiryTests
{
    [Fact]
    public async Task What_is_due_goes_with_its_tree_and_the_rest_stays()
    {
        var host = await TokenHost.StartAsync();
        var due = await host.IssueAsync(change: s => s with { Ttl = TimeSpan.FromMinutes(10) });
        var child = await host.IssueAsync(due, s => s with { Ttl = TimeSpan.FromHours(9) });
        var later = await host.IssueAsync(change: s => s with { Ttl = TimeSpan.FromMinutes(11) });
        var root = await host.RootAsync();

        host.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.False(await host.IsValidAsync(child));
        Assert.Equal(1, await host.Tokens.ExpireDueAsync(null, default));
        Assert.False(await host.IsValidAsync(due));
        Assert.False(await host.IsValidAsync(child));
        Assert.True(await host.IsValidAsync(later));
        Assert.True(await host.IsValidAsync(root));
        Assert.Equal(2, (await host.PathsAsync()).Count(path => path.StartsWith("id/", StringComparison.Ordinal)));
        Assert.Equal(0, await host.Tokens.ExpireDueAsync(null, default));
    }

    [Fact]
    public async Task Many_due_at_once_go_in_few_commits()
    {
        var host = await TokenHost.StartAsync();
        for (var i = 0; i < 100; i++)
            _ = await host.IssueAsync();
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(100, await host.Tokens.ExpireDueAsync(null, default));
        Assert.Empty(await host.PathsAsync());
    }

    [Theory]
    [InlineData(20)]
    [InlineData(2000)]
    public async Task The_work_is_what_is_due_not_what_exists(int existing)
    {
        var host = await TokenHost.StartAsync();
        for (var i = 0; i < existing; i++)
            _ = await host.IssueAsync(change: s => s with { Ttl = TimeSpan.FromHours(2 + (i % 100)) });
        for (var i = 0; i < 3; i++)
            _ = await host.IssueAsync(change: s => s with { Ttl = TimeSpan.FromMinutes(1) });
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        host.Store.ResetCounts();

        Assert.Equal(3, await host.Tokens.ExpireDueAsync(null, default));

        // One page of the index, three entries, one commit that revokes and one that ends the marks of tokens without children or secrets.
        Assert.InRange(host.Store.EntriesRanged, 3, TokenRevocation.TokensPerCommit + 1);
        Assert.InRange(host.Store.Gets, 3, 20);
        Assert.Equal(2, host.Store.Commits);
    }

    [Fact]
    public async Task A_renewed_token_is_due_at_its_new_time_only()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.True((await host.RenewAsync(token)).Succeeded);
        Assert.Single(await host.PathsAsync(), path => path.StartsWith("expiry/", StringComparison.Ordinal));

        host.Clock.Advance(TimeSpan.FromMinutes(45));
        Assert.Equal(0, await host.Tokens.ExpireDueAsync(null, default));
        Assert.True(await host.IsValidAsync(token));
        host.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(1, await host.Tokens.ExpireDueAsync(null, default));
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task A_renewal_that_wins_against_expiry_keeps_the_token()
    {
        var host = await TokenHost.StartAsync();
        var peer = await host.StartPeerAsync();
        var token = await host.IssueAsync();
        var found = await peer.FindAsync(token);
        var renewed = found.Entry with { ExpiresAt = host.Clock.GetUtcNow() + TimeSpan.FromHours(5) };
        host.Store.Before(async () =>
        {
            var transaction = peer.Records.Begin();
            peer.Records.Replace(transaction, found, renewed);
            Assert.True((await transaction.CommitAsync(default)).Succeeded);
        });
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, await host.Tokens.ExpireDueAsync(null, default));
        Assert.True(await host.IsValidAsync(token));
        Assert.Equal(0, await host.Tokens.ExpireDueAsync(null, default));
    }

    [Fact]
    public async Task One_contended_token_does_not_hold_up_the_others()
    {
        var host = await TokenHost.StartAsync();
        for (var i = 0; i < 5; i++)
            _ = await host.IssueAsync();
        host.Clock.Advance(TimeSpan.FromHours(1));
        var failed = 0;
        host.Store.Fate = _ => failed++ < 2 ? CommitFate.LostBefore : null;
        Assert.Equal(4, await host.Tokens.ExpireDueAsync(null, default));
        Assert.Equal(1, await host.Tokens.ExpireDueAsync(null, default));
    }

    [Fact]
    public async Task A_leader_that_lost_its_fence_changes_nothing()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync();
        var found = await host.FindAsync(token);
        host.Clock.Advance(TimeSpan.FromHours(1));
        var lost = new Precondition(new StoreKey([9]), 12345);
        Assert.Equal(0, await host.Tokens.ExpireDueAsync(lost, default));
        Assert.NotNull(await host.Records.ReadAsync(found.Hash, default));

        await host.Tokens.RevokeAsync(found, default);
        var transaction = host.Records.Begin();
        transaction.Put(host.Records.Revoking, "00", new RevocationMark(), TokenJson.Default.RevocationMark);
        Assert.True((await transaction.CommitAsync(default)).Succeeded);
        await host.Tokens.ResumeRevocationsAsync(lost, default);
        Assert.Single(await host.PathsAsync());
    }

    [Fact]
    public async Task A_jump_of_the_wall_clock_pauses_expiry_until_it_is_back()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync();
        Assert.Equal(0, await host.Tokens.ExpireDueAsync(null, default));
        Assert.Null(host.Tokens.ExpiryPausedFor);

        host.Clock.JumpWall(TimeSpan.FromHours(5));
        Assert.False(await host.IsValidAsync(token));
        Assert.Equal(0, await host.Tokens.ExpireDueAsync(null, default));
        host.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(0, await host.Tokens.ExpireDueAsync(null, default));
        Assert.Equal(TimeSpan.FromMinutes(5), host.Tokens.ExpiryPausedFor);

        host.Clock.JumpWall(TimeSpan.FromHours(-5));
        Assert.Equal(0, await host.Tokens.ExpireDueAsync(null, default));
        Assert.Null(host.Tokens.ExpiryPausedFor);
        Assert.True(await host.IsValidAsync(token));
    }

    [Fact]
    public async Task A_new_time_that_holds_is_believed()
    {
        var host = await TokenHost.StartAsync();
        _ = await host.IssueAsync();
        host.Clock.JumpWall(TimeSpan.FromHours(5));
        for (var minute = 0; minute < 15; minute++)
        {
            Assert.Equal(0, await host.Tokens.ExpireDueAsync(null, default));
            host.Clock.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Equal(1, await host.Tokens.ExpireDueAsync(null, default));
        Assert.Null(host.Tokens.ExpiryPausedFor);
    }

    [Fact]
    public async Task A_time_that_keeps_jumping_is_not_believed()
    {
        var host = await TokenHost.StartAsync();
        _ = await host.IssueAsync();
        for (var minute = 0; minute < 60; minute++)
        {
            host.Clock.JumpWall(TimeSpan.FromMinutes(10));
            host.Clock.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(0, await host.Tokens.ExpireDueAsync(null, default));
        }
        Assert.NotNull(host.Tokens.ExpiryPausedFor);
    }

    [Fact]
    public async Task Slow_correction_of_the_clock_is_no_jump()
    {
        var host = await TokenHost.StartAsync();
        for (var minute = 0; minute < 100; minute++)
        {
            host.Clock.JumpWall(TimeSpan.FromSeconds(30));
            host.Clock.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(0, await host.Tokens.ExpireDueAsync(null, default));
            Assert.Null(host.Tokens.ExpiryPausedFor);
        }
    }

    [Fact]
    public async Task Two_leaders_at_once_end_each_token_once()
    {
        var host = await TokenHost.StartAsync();
        var peer = await host.StartPeerAsync();
        var parents = new List<SecretText>();
        for (var i = 0; i < 60; i++)
        {
            parents.Add(await host.IssueAsync());
            _ = await host.IssueAsync(parents[^1]);
        }
        host.Clock.Advance(TimeSpan.FromHours(1));
        await Task.WhenAll(
            Task.Run(() => host.Tokens.ExpireDueAsync(null, default)),
            Task.Run(() => peer.Tokens.ExpireDueAsync(null, default)));
        await host.Tokens.ExpireDueAsync(null, default);
        await host.Tokens.ResumeRevocationsAsync(null, default);
        Assert.Empty(await host.PathsAsync());
    }
}
