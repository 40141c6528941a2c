using Kist.Core.Leases;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;

namespace Kist.Core.Tests.Leases;

/// <summary>Leases from their issue to their end, and that no failure on the way leaves a secret without one.</summary>
public sealed class IssueTests : IAsyncLifetime
{
    private LeaseBed bed = null!;

    public async Task InitializeAsync() => bed = await LeaseBed.StartAsync();

    public async Task DisposeAsync() => await bed.DisposeAsync();

    [Fact]
    public async Task A_secret_comes_with_a_lease_that_can_be_looked_up()
    {
        bed.Engine.Roles["app"] = (new LeaseTerms(TimeSpan.FromHours(1), TimeSpan.FromHours(2)), true);
        var response = await bed.Node.ReadAsync("accounts/creds/app").Ok();
        var lease = response.Lease!;
        Assert.Matches("^accounts/creds/app/[0-9A-Za-z]{24}$", lease.Id);
        Assert.Equal((TimeSpan.FromHours(1), true), (lease.Duration, lease.Renewable));
        Assert.True(response.Index > 0);
        Assert.Equal(bed.Clock.GetUtcNow() + TimeSpan.FromHours(1), Assert.Single(bed.Engine.World).Value);
        var found = await bed.LookupAsync(lease);
        Assert.Equal(lease.Id, found.Text("id"));
        Assert.Equal(3600, found.GetProperty("ttl").GetInt32());
        Assert.Equal(bed.Clock.GetUtcNow() + TimeSpan.FromHours(1), found.GetProperty("expire_time").GetDateTimeOffset());
        Assert.True(found.GetProperty("renewable").GetBoolean());
        Assert.Equal("""["app/"]""", (await bed.Node.ListAsync("sys/leases/lookup/accounts/creds")).Json().GetProperty("keys").GetRawText());
        Assert.Equal("""["accounts/"]""", (await bed.Node.ListAsync("sys/leases/lookup/")).Json().GetProperty("keys").GetRawText());
        Assert.Equal([lease.Id[19..]], (await bed.Node.ListAsync("sys/leases/lookup/accounts/creds/app/")).Json().GetProperty("keys").EnumerateArray().Select(k => k.GetString()!));
        var count = (await bed.Node.ReadAsync("sys/leases/count")).Json();
        Assert.Equal(1, count.GetProperty("lease_count").GetInt32());
        Assert.Equal(1, Assert.Single(count.GetProperty("counts").EnumerateObject()).Value.GetInt32());
    }

    [Fact]
    public async Task It_ends_when_its_time_is_over_and_not_before()
    {
        bed.Engine.Roles["app"] = (new LeaseTerms(TimeSpan.FromMinutes(10), default), true);
        bed.Engine.Roles["long"] = (new LeaseTerms(TimeSpan.FromMinutes(20), default), true);
        await bed.IssueAsync();
        await bed.IssueAsync("long");
        bed.Clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(6));
        await Eventually.HoldsAsync(() => bed.Engine.World.Count == 1);
        Assert.StartsWith("long", Assert.Single(bed.Engine.World).Key, StringComparison.Ordinal);
        bed.Clock.Advance(TimeSpan.FromMinutes(10));
        await bed.WorldEmptiesAsync();
    }

    [Theory]
    [InlineData("", 400 * 24 * 60, 768 * 60)]
    [InlineData("""{"default_lease_ttl":"30m"}""", 0, 30)]
    [InlineData("""{"default_lease_ttl":"30m","max_lease_ttl":"40m"}""", 50, 40)]
    public async Task Mount_and_server_bound_what_a_role_grants(string tune, int asked, int minutes)
    {
        if (tune.Length > 0)
            await bed.Node.WriteAsync("sys/mounts/accounts/tune", tune).Ok();
        var ttl = TimeSpan.FromMinutes(asked);
        bed.Engine.Roles["app"] = (new LeaseTerms(ttl, default), true);
        var response = await bed.Node.ReadAsync("accounts/creds/app").Ok();
        Assert.Equal(TimeSpan.FromMinutes(minutes), response.Lease!.Duration);
        Assert.Equal(ttl > response.Lease.Duration, response.Warnings.Count == 1);
    }

    [Fact]
    public async Task What_could_not_be_made_leaves_nothing()
    {
        bed.Engine.AfterMaking = static _ => Failure.Invalid("leased.refused", "no");
        Assert.Equal("leased.refused", (await bed.Node.ReadAsync("accounts/creds/app").Fails(FailureKind.Invalid)).Code);
        await bed.WorldEmptiesAsync();
        bed.Engine.AfterMaking = static _ => throw new InvalidOperationException("a bug");
        await bed.Node.ReadAsync("accounts/creds/app").Fails(FailureKind.Internal);
        // It may be at work still for all that is known, so its time comes first.
        await Task.Delay(1500);
        Assert.Single(bed.Engine.World);
        bed.Clock.Advance(TimeSpan.FromMinutes(3));
        await bed.WorldEmptiesAsync();
    }

    [Fact]
    public async Task A_confirmation_that_is_not_confirmed_is_no_secret()
    {
        var commits = 0;
        bed.Hooked.OnCommit = async (transaction, commit) =>
        {
            var outcome = await commit();
            return IsOfLease(transaction) && ++commits == 2 ? CommitOutcome.Unknown : outcome;
        };
        Assert.Equal("store.unknown_outcome", (await bed.Node.ReadAsync("accounts/creds/app").Fails(FailureKind.Unavailable)).Code);
        await bed.WorldEmptiesAsync();
    }

    [Theory]
    [InlineData("lease.prepared", 0)]
    [InlineData("lease.made", 1)]
    public async Task A_crash_while_it_is_made_leaves_no_secret(string boundary, int made)
    {
        await bed.DisposeAsync();
        bed = await LeaseBed.StartAsync(new NodeOptions { Checkpoint = (name, _) => name == boundary ? Forever : default });
        var asked = bed.Node.ReadAsync("accounts/creds/app");
        await Eventually.HoldsAsync(async () => await bed.EntriesAsync() > 0 && bed.Engine.World.Count == made);
        await bed.RestartAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(2));
        // Too early: somebody else than a crash may keep it waiting.
        await Task.Delay(1500);
        Assert.Equal(made, bed.Engine.World.Count);
        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        await bed.WorldEmptiesAsync();
        Assert.False(asked.IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData("lease.revoking", 1)]
    [InlineData("lease.ended", 0)]
    public async Task A_crash_while_it_is_revoked_only_delays_it(string boundary, int left)
    {
        await bed.DisposeAsync();
        bed = await LeaseBed.StartAsync(new NodeOptions { Checkpoint = (name, ct) => name == boundary ? new(Task.Delay(Timeout.Infinite, ct)) : default });
        bed.Engine.Roles["app"] = (new LeaseTerms(TimeSpan.FromMinutes(10), default), true);
        await bed.IssueAsync();
        bed.Clock.Advance(TimeSpan.FromMinutes(11));
        await Eventually.HoldsAsync(() => bed.Engine.World.Count == left);
        await Task.Delay(1200);
        Assert.NotEqual(0, await bed.EntriesAsync());
        await bed.RestartAsync();
        await bed.WorldEmptiesAsync();
    }

    [Fact]
    public async Task One_that_is_revoked_while_it_is_made_reaches_nobody()
    {
        var making = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        bed.Engine.BeforeMaking = _ =>
        {
            making.TrySetResult();
            return go.Task;
        };
        var asked = bed.Node.ReadAsync("accounts/creds/app");
        await making.Task;
        await bed.Node.WriteAsync("sys/leases/revoke-prefix/accounts").Ok();
        go.SetResult();
        Assert.Equal("lease.revoked", (await asked.Fails(FailureKind.Unavailable)).Code);
        // At once, since it is known to be there.
        await bed.WorldEmptiesAsync();
    }

    [Fact]
    public async Task One_that_takes_too_long_is_not_made()
    {
        bed.Engine.BeforeMaking = _ =>
        {
            bed.Clock.JumpWall(TimeSpan.FromMinutes(2));
            return Task.CompletedTask;
        };
        Assert.Equal("leased.too_late", (await bed.Node.ReadAsync("accounts/creds/app").Fails(FailureKind.Unavailable)).Code);
        Assert.Empty(bed.Engine.World);
        bed.Clock.Advance(TimeSpan.FromMinutes(3));
        await bed.WorldEmptiesAsync();
    }

    [Fact]
    public async Task One_that_was_made_after_others_took_it_for_dead_gets_its_lease_back_and_ends()
    {
        bed.Engine.AfterMaking = _ =>
        {
            // A machine that was suspended right here: meanwhile others have revoked what was not there yet.
            var records = bed.Records();
            var id = Assert.Single(records.Ids.ScanAsync("", 0, default).AsTask().GetAwaiter().GetResult());
            var change = records.Begin();
            records.Remove(change, records.ReadAsync(id, default).AsTask().GetAwaiter().GetResult()!.Value);
            Assert.True(change.CommitAsync(default).AsTask().GetAwaiter().GetResult().Succeeded);
            return null;
        };
        await bed.Node.ReadAsync("accounts/creds/app").Fails(FailureKind.Unavailable);
        await bed.WorldEmptiesAsync();
    }

    [Fact]
    public async Task One_whose_answer_cannot_be_recorded_ends_at_once()
    {
        await using var tap = AuditTap.On(bed.Node);
        bed.Engine.AfterMaking = _ =>
        {
            tap.Sink.Fault = "disk full";
            return null;
        };
        Assert.Equal("audit.unavailable", (await bed.Node.ReadAsync("accounts/creds/app").Fails(FailureKind.Unavailable)).Code);
        Assert.Equal("request", Assert.Single(tap.Records).Text("type"));
        await bed.WorldEmptiesAsync();
        tap.Sink.Fault = "disk full";
        await bed.Node.ReadAsync("accounts/creds/app").Fails(FailureKind.Unavailable);
        // It was not even begun: the record of what is asked comes first.
        Assert.Equal(0, await bed.EntriesAsync());
        tap.Sink.Fault = null;
    }

    [Fact]
    public async Task A_wrapped_answer_carries_the_lease()
    {
        var wrapped = await bed.Node.AskAsync(Operation.Read, "accounts/creds/app", "", wrap: TimeSpan.FromMinutes(5)).Ok();
        Assert.Null(wrapped.Lease);
        var opened = await bed.Node.WriteAsync("sys/wrapping/unwrap", "", wrapped.Wrap!.Token).Ok();
        await bed.LookupAsync(opened.Lease!);
    }

    private static ValueTask Forever => new(new TaskCompletionSource().Task);

    private static bool IsOfLease(StoreTransaction transaction) =>
        transaction.Changes.Any(change => System.Text.Encoding.UTF8.GetString(change.Key.Span[20..]).StartsWith("lease/id/", StringComparison.Ordinal));
}
