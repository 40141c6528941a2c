using Kist.Core.Mounts;
using Kist.Core.Tokens;

namespace Kist.Core.Tests.Tokens;

public sealed class TtlTests
{
    /// <summary>Hours; 0 is none. The last column is part of the warning.</summary>
    public static TheoryData<string, double, double, double, double, double, double, double, string?> IssueCases => new()
    {
        // what                                          asked, period, explicit, issuer max, mount default, mount max, expected, warning
        { "nothing asked: the server's default",              0,      0,        0,          0,             0,         0,      768, null },
        { "what is asked within the maximum",                 5,      0,        0,          0,             0,         0,        5, null },
        { "no more than the server's maximum",             1000,      0,        0,          0,             0,         0,      768, "max_ttl" },
        { "the mount's default",                              0,      0,        0,          0,             2,         0,        2, null },
        { "the mount's maximum",                             10,      0,        0,          0,             0,         4,        4, "max_ttl" },
        { "a mount may allow more than the server",        1000,      0,        0,          0,             0,      2000,     1000, null },
        { "a default above the maximum is cut",               0,      0,        0,          0,             0,        10,       10, "max_ttl" },
        { "the issuer's maximum",                            10,      0,        0,          3,             0,         0,        3, "max_ttl" },
        { "an explicit maximum",                             10,      0,        6,          0,             0,         0,        6, "max_ttl" },
        { "an explicit maximum above the others",            10,      0,     9000,          0,             0,         4,        4, "max_ttl" },
        { "a period whatever is asked",                      10,      1,        0,          0,             0,         0,        1, null },
        { "a period above the maximum is cut",                0,   1000,        0,          0,             0,         0,      768, "period" },
        { "a period within an explicit maximum",              0,      5,        2,          0,             0,         0,        2, "period" },
    };

    [Theory]
    [MemberData(nameof(IssueCases))]
    public async Task A_new_token_lives(
        string what,
        double asked,
        double period,
        double explicitMax,
        double issuerMax,
        double mountDefault,
        double mountMax,
        double expected,
        string? warning)
    {
        Assert.NotEmpty(what);
        var host = await TokenHost.StartAsync();
        var issued = await host.TryIssueAsync(change: s => s with
        {
            Ttl = TimeSpan.FromHours(asked),
            Period = TimeSpan.FromHours(period),
            ExplicitMaxTtl = TimeSpan.FromHours(explicitMax),
            MaxTtl = TimeSpan.FromHours(issuerMax),
            Mount = new MountConfig { DefaultLeaseTtl = TimeSpan.FromHours(mountDefault), MaxLeaseTtl = TimeSpan.FromHours(mountMax) },
        });
        Assert.Equal(TimeSpan.FromHours(expected), issued.Value.Token.Ttl);
        if (warning is null)
            Assert.Empty(issued.Value.Warnings);
        else
            Assert.Contains(warning, Assert.Single(issued.Value.Warnings));
    }

    [Fact]
    public async Task No_ttl_leaves_the_calendar()
    {
        var host = await TokenHost.StartAsync(new TokenLimits(TimeSpan.MaxValue, TimeSpan.MaxValue));
        var century = TimeSpan.FromDays(36_500);
        Assert.Equal(century, (await host.TryIssueAsync(change: s => s with { Ttl = TimeSpan.MaxValue })).Value.Token.Ttl);
        var periodic = await host.TryIssueAsync(change: s => s with { Period = TimeSpan.MaxValue, ExplicitMaxTtl = TimeSpan.MaxValue });
        Assert.Equal(century, periodic.Value.Token.Ttl);
        var root = await host.TryIssueAsync(change: s => s with { Policies = ["root"], Ttl = TimeSpan.Zero, ExplicitMaxTtl = TimeSpan.MaxValue });
        Assert.Equal(century, root.Value.Token.Ttl);
        Assert.True((await host.RenewAsync(root.Value.Token.ClientToken, TimeSpan.MaxValue)).Succeeded);
    }

    [Fact]
    public async Task A_renewal_gives_the_first_ttl_again_or_what_is_asked()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync(change: s => s with { Ttl = TimeSpan.FromHours(2) });
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromHours(2), (await host.RenewAsync(token)).Value.Token.Ttl);
        Assert.Equal(TimeSpan.FromHours(7), (await host.RenewAsync(token, TimeSpan.FromHours(7))).Value.Token.Ttl);
        host.Clock.Advance(TimeSpan.FromHours(6.9));
        Assert.True(await host.IsValidAsync(token));
    }

    [Fact]
    public async Task No_renewal_reaches_beyond_the_maximum_age()
    {
        var host = await TokenHost.StartAsync(new TokenLimits(TimeSpan.FromHours(1), TimeSpan.FromHours(3)));
        var token = await host.IssueAsync();
        for (var hour = 0; hour < 3; hour++)
        {
            host.Clock.Advance(TimeSpan.FromMinutes(59));
            Assert.True((await host.RenewAsync(token)).Succeeded);
        }
        var last = await host.RenewAsync(token);
        Assert.Equal(TimeSpan.FromMinutes(3), last.Value.Token.Ttl);
        Assert.Contains("max_ttl", Assert.Single(last.Value.Warnings));
        host.Clock.Advance(TimeSpan.FromMinutes(3));
        Assert.False(await host.IsValidAsync(token));
    }

    [Fact]
    public async Task A_mount_tuned_later_bounds_the_next_renewal()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync(change: s => s with { Ttl = TimeSpan.FromHours(10) });
        host.MountConfig = new MountConfig { MaxLeaseTtl = TimeSpan.FromHours(4) };
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromHours(3), (await host.RenewAsync(token)).Value.Token.Ttl);
        host.Clock.Advance(TimeSpan.FromHours(2.5));
        host.MountConfig = new MountConfig { MaxLeaseTtl = TimeSpan.FromHours(2) };
        Assert.Equal("token.past_max_ttl", (await host.RenewAsync(token)).Failure?.Code);
        Assert.True(await host.IsValidAsync(token));
    }

    [Fact]
    public async Task A_periodic_token_lives_as_long_as_it_is_renewed()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync(change: s => s with { Period = TimeSpan.FromHours(24) });
        for (var day = 0; day < 100; day++)
        {
            host.Clock.Advance(TimeSpan.FromHours(23));
            Assert.Equal(TimeSpan.FromHours(24), (await host.RenewAsync(token, TimeSpan.FromHours(999))).Value.Token.Ttl);
        }
    }

    [Fact]
    public async Task A_periodic_token_with_an_explicit_maximum_ends_at_it()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync(change: s => s with { Period = TimeSpan.FromHours(2), ExplicitMaxTtl = TimeSpan.FromHours(3) });
        host.Clock.Advance(TimeSpan.FromHours(1.5));
        Assert.Equal(TimeSpan.FromHours(1.5), (await host.RenewAsync(token)).Value.Token.Ttl);
        host.Clock.Advance(TimeSpan.FromHours(1.5));
        Assert.False(await host.IsValidAsync(token));
    }

    [Fact]
    public async Task A_token_that_is_not_renewable_is_not_renewed()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync(change: s => s with { Renewable = false });
        Assert.Equal("token.not_renewable", (await host.RenewAsync(token)).Failure?.Code);
    }

    [Fact]
    public async Task The_roles_period_of_the_moment_counts_at_renewal()
    {
        var host = await TokenHost.StartAsync();
        await WriteRoleAsync(host, TimeSpan.FromHours(2));
        var token = await host.IssueAsync(change: s => s with { Role = "ci", RolePeriod = TimeSpan.FromHours(2) });
        Assert.Equal(TimeSpan.FromHours(2), (await host.RenewAsync(token)).Value.Token.Ttl);

        await WriteRoleAsync(host, TimeSpan.FromHours(5));
        Assert.Equal(TimeSpan.FromHours(5), (await host.RenewAsync(token)).Value.Token.Ttl);

        Assert.True((await host.Tokens.Roles.DeleteAsync(default, "ci", default)).Succeeded);
        Assert.Equal("token.role_gone", (await host.RenewAsync(token)).Failure?.Code);
    }

    [Fact]
    public async Task A_root_token_with_a_ttl_ends_and_makes_no_endless_one()
    {
        var host = await TokenHost.StartAsync();
        var root = await host.RootAsync();
        var brief = await host.IssueAsync(root, s => s with { Policies = ["root"], Ttl = TimeSpan.FromHours(1) });
        var endless = await host.TryIssueAsync(brief, s => s with { Policies = ["root"], Ttl = TimeSpan.Zero });
        Assert.Equal("token.root_must_expire", endless.Failure?.Code);
        var orphan = await host.TryIssueAsync(brief, s => s with { Policies = ["root"], Ttl = TimeSpan.Zero, Parent = null });
        Assert.Equal("token.root_must_expire", orphan.Failure?.Code);
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.False(await host.IsValidAsync(brief));
    }

    private static async Task WriteRoleAsync(TokenHost host, TimeSpan period)
    {
        var revision = (await host.Tokens.Roles.ReadAsync(default, "ci", default))?.Revision ?? 0;
        Assert.True((await host.Tokens.Roles.WriteAsync(default, new TokenRole { Name = "ci", TokenPeriod = period }, revision, default)).Succeeded);
    }
}
