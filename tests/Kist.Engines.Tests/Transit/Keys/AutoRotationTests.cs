using Kist.Core.Storage;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Tests.Transit.Keys;

/// <summary>Keys that rotate by themselves, when the leader tends the mount.</summary>
public sealed class AutoRotationTests
{
    [Fact]
    public async Task A_key_rotates_when_its_latest_version_is_old_enough_and_not_before()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k", """{"auto_rotate_period":"24h"}""").Ok();
        await host.WriteAsync("keys/still").Ok();
        host.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.Equal(1, await LatestAfterTendingAsync(host));
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, await LatestAfterTendingAsync(host));
        Assert.Equal(2, await LatestAfterTendingAsync(host));
        host.Clock.Advance(TimeSpan.FromHours(24));
        Assert.Equal(3, await LatestAfterTendingAsync(host));
        Assert.Equal(1, (await host.ReadAsync("keys/still").Ok()).Number("latest_version"));
    }

    [Fact]
    public async Task A_key_that_is_long_overdue_rotates_once()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k", """{"auto_rotate_period":"1h"}""").Ok();
        host.Clock.Advance(TimeSpan.FromDays(100));
        Assert.Equal(2, await LatestAfterTendingAsync(host));
        Assert.Equal(2, await LatestAfterTendingAsync(host));
    }

    [Fact]
    public async Task A_rotation_by_hand_begins_the_period_anew()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k", """{"auto_rotate_period":"24h"}""").Ok();
        host.Clock.Advance(TimeSpan.FromHours(20));
        await host.WriteAsync("keys/k/rotate").Ok();
        host.Clock.Advance(TimeSpan.FromHours(20));
        Assert.Equal(2, await LatestAfterTendingAsync(host));
        host.Clock.Advance(TimeSpan.FromHours(4));
        Assert.Equal(3, await LatestAfterTendingAsync(host));
    }

    [Fact]
    public async Task A_changed_period_counts_from_the_latest_version_and_0_ends_it()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k").Ok();
        host.Clock.Advance(TimeSpan.FromHours(3));
        await host.WriteAsync("keys/k/config", """{"auto_rotate_period":"2h"}""").Ok();
        Assert.Equal(2, await LatestAfterTendingAsync(host));
        await host.WriteAsync("keys/k/config", """{"auto_rotate_period":0}""").Ok();
        host.Clock.Advance(TimeSpan.FromDays(10));
        Assert.Equal(2, await LatestAfterTendingAsync(host));
        Assert.DoesNotContain(await host.StoredPathsAsync(), path => path.StartsWith("due/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task More_keys_than_a_page_are_all_rotated_and_only_they()
    {
        using var host = await TransitHost.StartAsync();
        for (var i = 0; i < 250; i++)
            await host.WriteAsync($"keys/k{i}", i % 2 == 0 ? """{"auto_rotate_period":"1h"}""" : """{"auto_rotate_period":"3h"}""").Ok();
        host.Clock.Advance(TimeSpan.FromHours(2));
        await host.TendAsync();
        for (var i = 0; i < 250; i++)
            Assert.Equal(i % 2 == 0 ? 2 : 1, (await host.ReadAsync($"keys/k{i}").Ok()).Number("latest_version"));
    }

    [Fact]
    public async Task A_rotation_that_somebody_else_was_faster_with_does_not_happen_twice()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k", """{"auto_rotate_period":"1h"}""").Ok();
        host.Clock.Advance(TimeSpan.FromHours(1));
        host.Store.BeforeNextCommit(() => host.WriteAsync("keys/k/rotate").Ok());
        Assert.Equal(2, await LatestAfterTendingAsync(host));
        Assert.Equal(2, await LatestAfterTendingAsync(host));
    }

    [Fact]
    public async Task A_former_leader_rotates_nothing()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k", """{"auto_rotate_period":"1h"}""").Ok();
        host.Clock.Advance(TimeSpan.FromHours(1));
        Precondition former;
        await using (var leadership = await host.Store.CampaignAsync("test", default))
            former = leadership.Fence;
        await using var next = await host.Store.CampaignAsync("test", default);
        await host.TendAsync(former);
        Assert.Equal(1, (await host.ReadAsync("keys/k").Ok()).Number("latest_version"));
    }

    [Fact]
    public async Task A_key_that_cannot_be_rotated_is_told_and_keeps_no_other_from_it()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/a", """{"auto_rotate_period":"1h"}""").Ok();
        await host.WriteAsync("keys/k", """{"auto_rotate_period":"1h"}""").Ok();
        var key = (await TransitStore.ReadKeyAsync(host.Storage, "a", default))!.Value.Record with { Type = "of-a-newer-program" };
        await host.Storage.Begin().Put(host.Storage, "k/a", key, TransitStoredJson.Default.KeyRecord).CommitAsync(default);
        host.Clock.Advance(TimeSpan.FromHours(1));
        var told = await Assert.ThrowsAsync<AggregateException>(host.TendAsync);
        Assert.Contains("transit key a cannot be rotated", told.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await host.ReadAsync("keys/k").Ok()).Number("latest_version"));
    }

    private static async Task<int> LatestAfterTendingAsync(TransitHost host)
    {
        await host.TendAsync();
        return (await host.ReadAsync("keys/k").Ok()).Number("latest_version");
    }
}
