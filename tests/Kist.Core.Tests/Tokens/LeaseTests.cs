using Kist.Core.Tokens;

namespace Kist.Core.Tests.Tokens;

public sealed class LeaseTests
{
    [Fact]
    public async Task Tokens_are_listed_counted_renewed_and_revoked_as_leases()
    {
        var host = await TokenHost.StartAsync();
        var leases = host.Tokens.Leases;
        _ = await host.RootAsync();
        var one = await host.IssueAsync();
        var two = await host.IssueAsync(change: s => s with { Path = "auth/token/create-orphan" });
        var id = TokenLeases.IdOf(await host.FindAsync(one));

        Assert.Equal(["auth/"], await leases.ListAsync(default, "", default));
        Assert.Equal(["create-orphan/", "create/"], await leases.ListAsync(default, "auth/token/", default));
        Assert.Equal([id["auth/token/create/".Length..]], await leases.ListAsync(default, "auth/token/create/", default));
        Assert.Equal(2, await leases.CountAsync(default, default));

        Assert.Equal(await host.FindAsync(one), await leases.FindAsync(default, id, default));
        Assert.Equal(TimeSpan.FromHours(3), (await leases.RenewAsync(default, id, TimeSpan.FromHours(3), TokenHost.Asked, default)).Value.Token.Ttl);
        Assert.NotEqual(0, (await leases.RevokeAsync(default, id, default)).Value);
        Assert.False(await host.IsValidAsync(one));
        Assert.True(await host.IsValidAsync(two));
        Assert.Equal("lease.not_found", (await leases.RenewAsync(default, id, default, TokenHost.Asked, default)).Failure?.Code);
        Assert.Null((await leases.RevokeAsync(default, id, default)).Failure);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("auth/token/create/")]
    [InlineData("auth/token/create/00")]
    [InlineData("elsewhere/HASH")]
    [InlineData("HASH")]
    [InlineData("auth/token/create/HASH0")]
    [InlineData("auth/token/create/LONG")]
    [InlineData("auth/token/create/\0ä")]
    public async Task Other_names_are_no_leases(string id)
    {
        var host = await TokenHost.StartAsync();
        var hash = (await host.FindAsync(await host.IssueAsync())).Hash;
        Assert.Null(await host.Tokens.Leases.FindAsync(default, id.Replace("HASH", hash).Replace("LONG", new string('0', 5000)), default));
    }

    [Fact]
    public async Task A_prefix_revokes_whole_segments_only()
    {
        var host = await TokenHost.StartAsync();
        var one = await host.IssueAsync(change: s => s with { Path = "auth/token/create/ci" });
        var two = await host.IssueAsync(change: s => s with { Path = "auth/token/create-orphan" });
        Assert.Equal(1, (await host.Tokens.Leases.RevokePrefixAsync(default, "auth/token/create", default)).Value);
        Assert.False(await host.IsValidAsync(one));
        Assert.True(await host.IsValidAsync(two));
        Assert.Equal(1, (await host.Tokens.Leases.RevokePrefixAsync(default, "auth/", default)).Value);
        Assert.False(await host.IsValidAsync(two));
    }
}
