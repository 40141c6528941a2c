using Kist.Core.Leases;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;

namespace Kist.Core.Tests.Leases;

/// <summary>Renewal: who may have more time, how much, and that secret and lease move together.</summary>
public sealed class RenewTests : IAsyncLifetime
{
    private LeaseBed bed = null!;

    public async Task InitializeAsync()
    {
        bed = await LeaseBed.StartAsync();
        bed.Engine.Roles["app"] = (new LeaseTerms(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30)), true);
        bed.Engine.Roles["fixed"] = (new LeaseTerms(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30)), false);
    }

    public async Task DisposeAsync()
    {
        var node = bed.Node;
        await bed.DisposeAsync();
        Assert.Empty(node.Faults);
    }

    [Theory]
    [InlineData("sys/leases/renew", true)]
    [InlineData("sys/renew", true)]
    [InlineData("sys/leases/renew/", false)]
    [InlineData("sys/renew/", false)]
    public async Task A_renewal_moves_the_lease_and_the_secret(string path, bool inBody)
    {
        var lease = await bed.IssueAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(8));
        var renewed = await (inBody ? bed.Node.WriteAsync(path, $$"""{"lease_id":"{{lease.Id}}"}""") : bed.Node.WriteAsync(path + lease.Id)).Ok();
        Assert.Equal(new LeaseInfo(lease.Id, TimeSpan.FromMinutes(10), true), renewed.Lease);
        Assert.True(renewed.Index > 0);
        Assert.Equal(bed.Clock.GetUtcNow() + TimeSpan.FromMinutes(10), Assert.Single(bed.Engine.World).Value);
        Assert.Equal(bed.Clock.GetUtcNow(), (await bed.LookupAsync(lease)).GetProperty("last_renewal").GetDateTimeOffset());
        // Past its first end.
        bed.Clock.Advance(TimeSpan.FromMinutes(9));
        await Task.Delay(1200);
        Assert.Single(bed.Engine.World);
        bed.Clock.Advance(TimeSpan.FromMinutes(2));
        await bed.WorldEmptiesAsync();
    }

    [Fact]
    public async Task No_renewal_reaches_beyond_the_longest_time()
    {
        var lease = await bed.IssueAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(5));
        var renewed = await RenewAsync(lease, "2h").Ok();
        Assert.Equal(TimeSpan.FromMinutes(25), renewed.Lease!.Duration);
        Assert.Contains("TTL of 7200s exceeded the effective max_ttl of 1800s", Assert.Single(renewed.Warnings), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMinutes(3), (await RenewAsync(lease, "3m").Ok()).Lease!.Duration);
    }

    [Fact]
    public async Task A_renewal_asks_for_the_role_as_it_is_now()
    {
        var lease = await bed.IssueAsync();
        bed.Engine.Roles["app"] = (new LeaseTerms(TimeSpan.FromMinutes(2), default), true);
        Assert.Equal(TimeSpan.FromMinutes(2), (await RenewAsync(lease).Ok()).Lease!.Duration);
        bed.Engine.Roles.Remove("app");
        Assert.Equal("leased.role_gone", (await RenewAsync(lease).Fails(FailureKind.Invalid)).Code);
    }

    [Fact]
    public async Task What_may_not_be_renewed_is_not()
    {
        Assert.Equal("lease.not_renewable", (await RenewAsync(await bed.IssueAsync("fixed")).Fails(FailureKind.Invalid)).Code);
        await bed.Node.WriteAsync("sys/leases/renew", """{"lease_id":"accounts/creds/app/none"}""").Fails(FailureKind.Invalid);
        Assert.Equal("lease.not_found", (await bed.Node.WriteAsync("sys/leases/renew").Fails(FailureKind.Invalid)).Code);
        var lease = await bed.IssueAsync();
        Assert.Equal("lease.negative_increment", (await RenewAsync(lease, "-5s").Fails(FailureKind.Invalid)).Code);
        var both = await bed.Node.WriteAsync("sys/leases/renew/accounts/creds/app/none", $$"""{"lease_id":"{{lease.Id}}"}""").Fails(FailureKind.Invalid);
        Assert.Equal("lease.two_ids", both.Code);
        bed.Engine.OnRevoke = static _ => Failure.Unavailable("leased.away", "away");
        bed.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("lease.expired", (await RenewAsync(lease).Fails(FailureKind.Invalid)).Code);
    }

    [Fact]
    public async Task A_lease_that_is_to_end_is_not_renewed()
    {
        var token = await bed.TokenAsync();
        var lease = await bed.IssueAsync(token: token);
        bed.Engine.OnRevoke = static _ => Failure.Unavailable("leased.away", "away");
        await bed.Node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{lease.Id}}"}""").Fails(FailureKind.Unavailable);
        await RenewAsync(lease).Fails(FailureKind.Invalid);
        var other = await bed.IssueAsync(token: token);
        await bed.Node.WriteAsync("auth/token/revoke-self", "", token).Ok();
        await RenewAsync(other).Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task A_lease_of_a_batch_token_is_not_renewed_beyond_the_token()
    {
        await bed.Node.WriteAsync("sys/policies/acl/all", """{"policy":"path \"*\" { capabilities = [\"create\",\"read\",\"update\"] }"}""").Ok();
        var batch = (await bed.Node.WriteAsync("auth/token/create", """{"type":"batch","policies":["all"],"ttl":"5m","no_parent":true}""").Ok()).Auth!.ClientToken;
        var lease = await bed.IssueAsync(token: batch);
        Assert.Equal(TimeSpan.FromMinutes(5), lease.Duration);
        bed.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(TimeSpan.FromMinutes(3), (await RenewAsync(lease, "10m").Ok()).Lease!.Duration);
    }

    [Fact]
    public async Task A_renewal_and_a_revocation_at_the_same_time_leave_no_lease_without_its_secret()
    {
        for (var round = 0; round < 20; round++)
        {
            var lease = await bed.IssueAsync();
            await Task.WhenAll(Task.Run(() => RenewAsync(lease)), Task.Run(() => bed.Node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{lease.Id}}"}""").Ok()));
            Assert.Empty(bed.Engine.World);
            Assert.Equal(0, await bed.EntriesAsync());
        }
    }

    private Task<Response> RenewAsync(LeaseInfo lease, string increment = "") =>
        bed.Node.WriteAsync("sys/leases/renew", increment.Length == 0 ? $$"""{"lease_id":"{{lease.Id}}"}""" : $$"""{"lease_id":"{{lease.Id}}","increment":"{{increment}}"}""");
}
