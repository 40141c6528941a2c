using Kist.Core.Barrier;

namespace Kist.Core.Tests.Barrier;

public class RotationTests
{
    private readonly BarrierBuilder builder = new();

    [Fact]
    public async Task After_a_rotation_new_values_have_the_new_term_and_old_ones_stay_readable()
    {
        var node = await builder.NodeAsync();
        await node.View.WriteAsync("old", "1");
        builder.Clock.Advance(TimeSpan.FromHours(1));
        await node.Barrier.RotateAsync(default);
        await node.View.WriteAsync("new", "2");

        Assert.Equal([1u, 2u], await TermsAsync(node, "old", "new"));
        Assert.Equal("1", await node.View.ReadTextAsync("old"));
        Assert.Equal("2", await node.View.ReadTextAsync("new"));
        Assert.Equal(new KeyStatus(2, builder.Clock.GetUtcNow(), 1), node.Barrier.KeyStatus);
    }

    [Fact]
    public async Task Token_hashes_survive_a_rotation_and_are_the_same_on_every_node()
    {
        var node = await builder.NodeAsync();
        var before = Hash(node);
        await node.Barrier.RotateAsync(default);
        Assert.Equal(before, Hash(node));
        Assert.Equal(before, Hash(await builder.NodeAsync()));
        Assert.NotEqual(before, Hash(await new BarrierBuilder().NodeAsync()));
    }

    [Fact]
    public async Task All_terms_are_there_after_a_restart()
    {
        var node = await builder.NodeAsync();
        for (var term = 1; term <= 5; term++)
        {
            await node.View.WriteAsync($"term {term}", $"value {term}");
            await node.Barrier.RotateAsync(default);
        }
        var restarted = await builder.NodeAsync();
        for (var term = 1; term <= 5; term++)
            Assert.Equal($"value {term}", await restarted.View.ReadTextAsync($"term {term}"));
        Assert.Equal(6u, restarted.Barrier.KeyStatus.Term);
    }

    [Fact]
    public async Task A_term_ends_before_the_operations_that_the_settings_allow()
    {
        var large = new BarrierBuilder { Options = new BarrierOptions { ReservationBlock = 600_000 } };
        var node = await large.NodeAsync();
        Assert.True((await node.Barrier.ConfigureRotationAsync(_ => new RotationConfig { MaxOperations = 1_000_000 }, default)).Succeeded);
        await node.View.WriteAsync("first block", "1");
        var restarted = await large.NodeAsync();
        await restarted.View.WriteAsync("second block would exceed the limit", "2");
        Assert.Equal(2u, restarted.Barrier.KeyStatus.Term);
    }

    [Fact]
    public async Task Even_with_rotation_off_a_term_ends_before_two_to_the_32_encryptions()
    {
        var large = new BarrierBuilder { Options = new BarrierOptions { ReservationBlock = int.MaxValue } };
        var terms = new List<uint>();
        for (var start = 0; start < 4; start++)
        {
            var node = await large.NodeAsync();
            Assert.True((await node.Barrier.ConfigureRotationAsync(_ => new RotationConfig { Enabled = false }, default)).Succeeded);
            await node.View.WriteAsync("each node reserves a block", "1");
            terms.Add(node.Barrier.KeyStatus.Term);
        }
        Assert.Equal([1u, 1u, 2u, 2u], terms);
    }

    [Fact]
    public async Task A_term_ends_at_the_age_of_the_settings_and_not_before()
    {
        var node = await builder.NodeAsync();
        Assert.False(await node.Barrier.RotateIfDueAsync(default));
        Assert.True((await node.Barrier.ConfigureRotationAsync(_ => new RotationConfig { Interval = TimeSpan.FromDays(30) }, default)).Succeeded);
        builder.Clock.Advance(TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1));
        Assert.False(await node.Barrier.RotateIfDueAsync(default));
        builder.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await node.Barrier.RotateIfDueAsync(default));
        Assert.False(await node.Barrier.RotateIfDueAsync(default));
        Assert.Equal(2u, node.Barrier.KeyStatus.Term);
    }

    [Theory]
    [InlineData(999_999, 0, "rotate.max_operations")]
    [InlineData(3_865_470_567, 0, "rotate.max_operations")]
    [InlineData(1_000_000, 1, "rotate.interval")]
    [InlineData(1_000_000, -1, "rotate.interval")]
    public async Task Settings_out_of_range_are_refused_and_change_nothing(long operations, int hours, string code)
    {
        var node = await builder.NodeAsync();
        var before = node.Barrier.Rotation;
        var outcome = await node.Barrier.ConfigureRotationAsync(
            _ => new RotationConfig { MaxOperations = operations, Interval = TimeSpan.FromHours(hours) }, default);
        Assert.Equal(code, outcome.Failure!.Code);
        Assert.Equal(before, node.Barrier.Rotation);
    }

    [Fact]
    public async Task Settings_are_kept()
    {
        var config = new RotationConfig { MaxOperations = 2_000_000, Interval = TimeSpan.FromHours(36), Enabled = false };
        var node = await builder.NodeAsync();
        await node.Barrier.ConfigureRotationAsync(_ => config, default);
        Assert.Equal(config, node.Barrier.Rotation);
        Assert.Equal(config, (await builder.NodeAsync()).Barrier.Rotation);
    }

    [Fact]
    public async Task A_setting_that_another_node_changed_meanwhile_is_not_overwritten()
    {
        var node = await builder.NodeAsync();
        var other = await builder.NodeAsync();
        await node.Barrier.ConfigureRotationAsync(config => config with { MaxOperations = 2_000_000 }, default);
        await other.Barrier.ConfigureRotationAsync(config => config with { Interval = TimeSpan.FromHours(36) }, default);
        Assert.Equal(new RotationConfig { MaxOperations = 2_000_000, Interval = TimeSpan.FromHours(36) }, other.Barrier.Rotation);
    }

    private static string Hash(BarrierNode node)
    {
        var hash = new byte[32];
        node.Barrier.HashToken("token id"u8, hash);
        return Convert.ToHexString(hash);
    }

    private async Task<IEnumerable<uint>> TermsAsync(BarrierNode node, params string[] paths) =>
        (await builder.Store.StoredAsync(node.View, paths)).Select(entry =>
        {
            Assert.True(SealedValue.TryReadTerm(entry.Value.Span, out var term));
            return term;
        });
}
