using Kist.Core.Leases;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;

namespace Kist.Core.Tests.Leases;

/// <summary>Revocation: by request, by time and by prefix, and what happens when what the secrets live in refuses or does not answer.</summary>
public sealed class RevokeTests : IAsyncLifetime
{
    private LeaseBed bed = null!;

    public async Task InitializeAsync() => bed = await LeaseBed.StartAsync();

    public async Task DisposeAsync()
    {
        var node = bed.Node;
        await bed.DisposeAsync();
        Assert.Empty(node.Faults);
    }

    [Theory]
    [InlineData("sys/leases/revoke", true)]
    [InlineData("sys/revoke", true)]
    [InlineData("sys/leases/revoke/", false)]
    [InlineData("sys/revoke/", false)]
    public async Task A_revocation_is_done_when_it_is_answered(string path, bool inBody)
    {
        var lease = await bed.IssueAsync();
        await (inBody ? bed.Node.WriteAsync(path, $$"""{"lease_id":"{{lease.Id}}"}""") : bed.Node.WriteAsync(path + lease.Id)).Ok();
        Assert.Empty(bed.Engine.World);
        Assert.Equal(0, await bed.EntriesAsync());
        await bed.LookupFailsAsync(lease);
        // Again is no error.
        await bed.Node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{lease.Id}}"}""").Ok();
    }

    [Fact]
    public async Task What_does_not_answer_is_told_and_tried_again()
    {
        var lease = await bed.IssueAsync();
        bed.Engine.OnRevoke = static _ => Failure.Unavailable("leased.away", "the world is away");
        var failure = await bed.Node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{lease.Id}}"}""").Fails(FailureKind.Unavailable);
        Assert.Contains("the world is away", failure.Message, StringComparison.Ordinal);
        bed.Clock.Advance(TimeSpan.FromSeconds(11));
        await Eventually.HoldsAsync(() => bed.Engine.Attempts["app"] >= 2 && bed.Node.Problems.Any(p => p.Contains(lease.Id, StringComparison.Ordinal)));
        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, (await bed.Node.ReadAsync("sys/leases/count?type=overdue")).Json().GetProperty("lease_count").GetInt32());
        bed.Engine.OnRevoke = static _ => null;
        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        await bed.WorldEmptiesAsync();
    }

    [Fact]
    public async Task What_does_not_answer_rests_for_longer_each_time_and_keeps_no_other_waiting()
    {
        for (var i = 0; i < 30; i++)
            await bed.IssueAsync("away");
        await bed.IssueAsync("there");
        bed.Engine.OnRevoke = static role => role == "away" ? Failure.Unavailable("leased.away", "away") : null;
        bed.Clock.Advance(TimeSpan.FromDays(40));
        // Beyond the clock's jump, which is believed after a while.
        for (var i = 0; i < 20; i++)
        {
            bed.Clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(20);
        }
        await Eventually.HoldsAsync(() => !bed.Engine.World.Keys.Any(name => name.StartsWith("there", StringComparison.Ordinal)));
        await Eventually.HoldsAsync(() => bed.Engine.Attempts.ContainsKey("away"));
        await Task.Delay(1500);
        // A few at once the first time, then one a rest: far fewer than there are leases and looks.
        Assert.InRange(bed.Engine.Attempts["away"], 1, 12);
        Assert.Equal(30, bed.Engine.World.Count);
        bed.Engine.OnRevoke = static _ => null;
        bed.Clock.Advance(TimeSpan.FromMinutes(6));
        await bed.WorldEmptiesAsync();
    }

    [Fact]
    public async Task What_takes_for_ever_keeps_no_other_waiting()
    {
        bed.Engine.WhileRevoking = static (role, ct) => role == "slow" ? Task.Delay(Timeout.Infinite, ct) : Task.CompletedTask;
        bed.Engine.Roles["slow"] = bed.Engine.Roles["quick"] = (new LeaseTerms(TimeSpan.FromMinutes(10), default), true);
        for (var i = 0; i < 10; i++)
        {
            await bed.IssueAsync("slow");
            await bed.IssueAsync("quick");
        }
        bed.Clock.Advance(TimeSpan.FromMinutes(11));
        await Eventually.HoldsAsync(() => bed.Engine.World.Count == 10);
        Assert.All(bed.Engine.World.Keys, name => Assert.StartsWith("slow", name, StringComparison.Ordinal));
        Assert.Equal(LeaseReaper.PerTarget, bed.Engine.Attempts["slow"]);
    }

    [Fact]
    public async Task One_that_takes_for_ever_does_not_hold_up_the_others_of_its_target()
    {
        bed.Engine.Roles["app"] = (new LeaseTerms(TimeSpan.FromMinutes(10), default), true);
        var stuck = "";
        bed.Engine.AfterMaking = name =>
        {
            stuck = stuck.Length == 0 ? name : stuck;
            return null;
        };
        await bed.IssueAsync();
        await bed.IssueAsync();
        bed.Engine.OnRevokeAccount = name => name == stuck ? Failure.Unavailable("leased.slow", "it took too long") : null;
        bed.Clock.Advance(TimeSpan.FromMinutes(11));
        await Eventually.HoldsAsync(async () =>
        {
            bed.Clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(20);
            return bed.Engine.World.Count == 1;
        });
        Assert.Equal(stuck, Assert.Single(bed.Engine.World).Key);
    }

    [Fact]
    public async Task A_prefix_may_be_one_lease_and_reaches_no_other()
    {
        var lease = await bed.IssueAsync();
        var other = await bed.IssueAsync();
        bed.Engine.OnRevoke = static _ => Failure.Invalid("leased.refused", "no");
        await bed.Node.WriteAsync($"sys/leases/revoke-force/{lease.Id}").Ok();
        await bed.LookupFailsAsync(lease);
        await bed.LookupAsync(other);
    }

    [Fact]
    public async Task Force_on_a_dead_target_does_not_ask_it_for_each_lease()
    {
        for (var i = 0; i < 60; i++)
            await bed.IssueAsync();
        bed.Engine.OnRevoke = static _ => Failure.Unavailable("leased.away", "away");
        await bed.Node.WriteAsync("sys/leases/revoke-force/accounts").Ok();
        Assert.Equal(0, await bed.EntriesAsync());
        Assert.InRange(bed.Engine.Attempts["app"], 1, 20);
    }

    [Fact]
    public async Task Force_keeps_what_the_store_has_not_taken()
    {
        var lease = await bed.IssueAsync();
        var lost = false;
        bed.Hooked.OnCommit = async (transaction, commit) =>
        {
            var outcome = await commit();
            var isLease = transaction.Changes.Any(change => System.Text.Encoding.UTF8.GetString(change.Key.Span[20..]).StartsWith("lease/id/", StringComparison.Ordinal));
            if (!isLease || lost)
                return outcome;
            lost = true;
            return Kist.Core.Storage.CommitOutcome.Unknown;
        };
        await bed.Node.WriteAsync("sys/leases/revoke-force/accounts").Ok();
        await bed.LookupAsync(lease);
        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        await bed.WorldEmptiesAsync();
    }

    [Fact]
    public async Task An_entry_that_cannot_be_read_keeps_no_other_from_being_revoked()
    {
        bed.Engine.Roles["app"] = (new LeaseTerms(TimeSpan.FromMinutes(10), default), true);
        var damaged = await bed.IssueAsync();
        await bed.IssueAsync();
        var records = bed.Records();
        Assert.True((await records.Begin().Put(records.Ids, damaged.Id, "no JSON"u8.ToArray()).CommitAsync(default)).Succeeded);
        bed.Clock.Advance(TimeSpan.FromMinutes(11));
        await Eventually.HoldsAsync(() => bed.Engine.World.Count == 1);
        await Eventually.HoldsAsync(() => bed.Node.Problems.Any(p => p.Contains(damaged.Id, StringComparison.Ordinal)));
        await bed.IssueAsync("other");
        await bed.Node.WriteAsync("sys/leases/revoke-prefix/accounts").Fails(FailureKind.Unavailable);
        Assert.Single(bed.Engine.World);
    }

    [Fact]
    public async Task Few_revocations_run_at_once_in_one_target()
    {
        for (var i = 0; i < 40; i++)
            await bed.IssueAsync();
        bed.Engine.WhileRevoking = static (_, ct) => Task.Delay(5, ct);
        await bed.Node.WriteAsync("sys/leases/revoke-prefix/accounts").Ok();
        Assert.Empty(bed.Engine.World);
        Assert.InRange(bed.Engine.MostAtOnce, 2, LeaseReaper.PerTarget * 2);
    }

    [Fact]
    public async Task What_is_refused_again_and_again_is_irrevocable_visible_and_can_be_forced()
    {
        var lease = await bed.IssueAsync();
        bed.Engine.OnRevoke = static _ => Failure.Invalid("leased.refused", "must be owner of it");
        await bed.Node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{lease.Id}}"}""").Fails(FailureKind.Invalid);
        await Eventually.HoldsAsync(async () =>
        {
            bed.Clock.Advance(TimeSpan.FromMinutes(1));
            return await IrrevocableAsync() == 1;
        });
        Assert.Equal(6, bed.Engine.Attempts["app"]);
        Assert.Contains(bed.Node.Problems, p => p.Contains(lease.Id, StringComparison.Ordinal) && p.Contains("must be owner of it", StringComparison.Ordinal));
        // Asked for by name, it is tried once more.
        await bed.Node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{lease.Id}}"}""").Fails(FailureKind.Invalid);
        Assert.Equal(7, bed.Engine.Attempts["app"]);
        await bed.Node.WriteAsync("sys/leases/revoke-prefix/accounts").Fails(FailureKind.Unavailable);
        var forced = await bed.Node.WriteAsync("sys/leases/revoke-force/accounts").Ok();
        Assert.Contains("must be owner of it", Assert.Single(forced.Warnings), StringComparison.Ordinal);
        Assert.Equal(0, await bed.EntriesAsync());
        Assert.Single(bed.Engine.World);
    }

    [Fact]
    public async Task A_prefix_reaches_whole_segments_and_what_was_there_when_it_was_asked_for()
    {
        var app = await bed.IssueAsync();
        var longer = await bed.IssueAsync("app2");
        await bed.Node.WriteAsync("sys/leases/revoke-prefix/accounts/creds/app").Ok();
        await bed.LookupFailsAsync(app);
        await bed.LookupAsync(longer);
        var sweeps = (await bed.Node.ReadAsync("sys/leases/sweeps")).Json().GetProperty("sweeps");
        var sweep = Assert.Single(sweeps.EnumerateArray());
        Assert.Equal("accounts/creds/app/", sweep.Text("prefix"));
        Assert.Equal(1, sweep.GetProperty("revoked").GetInt32());
        Assert.Equal(System.Text.Json.JsonValueKind.String, sweep.GetProperty("end_time").ValueKind);
        bed.Clock.Advance(TimeSpan.FromHours(2));
        await Eventually.HoldsAsync(async () => (await bed.Node.ReadAsync("sys/leases/sweeps")).Json().GetProperty("sweeps").GetArrayLength() == 0);
    }

    [Fact]
    public async Task A_sweep_that_a_crash_cut_short_goes_on()
    {
        for (var i = 0; i < 150; i++)
            await bed.IssueAsync();
        var revoked = 0;
        bed.Engine.WhileRevoking = (_, ct) => Interlocked.Increment(ref revoked) > 100 ? Task.Delay(Timeout.Infinite, ct) : Task.CompletedTask;
        var asked = bed.Node.WriteAsync("sys/leases/revoke-prefix/accounts");
        await Eventually.HoldsAsync(() => revoked > 100);
        bed.Engine.WhileRevoking = static (_, _) => Task.CompletedTask;
        await bed.RestartAsync();
        await bed.WorldEmptiesAsync();
        await Assert.ThrowsAnyAsync<Exception>(async () => await asked.Ok());
    }

    [Fact]
    public async Task A_clock_that_jumps_ends_nothing_but_what_was_asked_for()
    {
        var lease = await bed.IssueAsync();
        await bed.IssueAsync("other");
        await Task.Delay(1200);
        bed.Clock.JumpWall(TimeSpan.FromDays(365));
        await Task.Delay(1500);
        Assert.Equal(2, bed.Engine.World.Count);
        await bed.Node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{lease.Id}}"}""").Ok();
        Assert.Single(bed.Engine.World);
    }

    [Fact]
    public async Task Two_nodes_that_revoke_the_same_leases_leave_nothing()
    {
        await using var second = await bed.JoinAsync();
        for (var i = 0; i < 60; i++)
            await bed.IssueAsync();
        bed.Engine.WhileRevoking = static (_, ct) => Task.Delay(2, ct);
        await Task.WhenAll(
            bed.Node.WriteAsync("sys/leases/revoke-prefix/accounts").Ok(), second.WriteAsync("sys/leases/revoke-prefix/accounts/creds").Ok());
        Assert.Empty(bed.Engine.World);
        Assert.Equal(0, await bed.EntriesAsync());
    }

    [Fact]
    public async Task Those_who_may_not_see_or_force_leases_cannot()
    {
        await bed.Node.WriteAsync("sys/policies/acl/some", """{"policy":"path \"sys/*\" { capabilities = [\"create\",\"read\",\"update\",\"list\"] }"}""").Ok();
        var token = await bed.TokenAsync("""{"policies":["some"],"ttl":"1h"}""");
        foreach (var path in new[] { "sys/leases/revoke-prefix/accounts", "sys/leases/revoke-force/accounts", "sys/leases/tidy", "sys/quotas/lease-count/q" })
            await bed.Node.WriteAsync(path, """{"max_leases":1}""", token).Fails(FailureKind.Denied);
        foreach (var path in new[] { "sys/leases/count", "sys/leases", "sys/leases/sweeps", "sys/quotas/lease-count/q" })
            await bed.Node.ReadAsync(path, token).Fails(FailureKind.Denied);
        await bed.Node.ListAsync("sys/quotas/lease-count", token).Fails(FailureKind.Denied);
    }

    private async Task<int> IrrevocableAsync()
    {
        var count = (await bed.Node.ReadAsync("sys/leases/count?type=irrevocable")).Json().GetProperty("lease_count").GetInt32();
        var leases = (await bed.Node.ReadAsync("sys/leases?type=irrevocable")).Json();
        Assert.Equal(count, leases.GetProperty("lease_count").GetInt32());
        foreach (var lease in leases.GetProperty("leases").EnumerateArray())
            Assert.Equal("must be owner of it", lease.Text("error"));
        return count;
    }
}
