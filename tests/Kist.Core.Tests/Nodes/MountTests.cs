using Kist.Core.Storage;

namespace Kist.Core.Tests.Nodes;

public sealed class MountTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.CreateAsync(store, new NotesEngine());

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
    }

    [Theory]
    [InlineData("sys/mounts/sys/x", "reserved")]
    [InlineData("sys/mounts/auth/x", "reserved")]
    [InlineData("sys/mounts/cubbyhole", "reserved")]
    [InlineData("sys/mounts/a*", "not allowed")]
    [InlineData("sys/mounts/a b", "not allowed")]
    public async Task Paths_that_would_confuse_are_refused(string path, string reason) =>
        Assert.Contains(reason, (await node.WriteAsync(path, """{"type":"notes"}""").Fails(FailureKind.Invalid)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("team", "team")]
    [InlineData("team", "team/inner")]
    [InlineData("team/inner", "team")]
    public async Task Mounts_never_lie_in_one_another(string first, string second)
    {
        await node.WriteAsync("sys/mounts/" + first, """{"type":"notes"}""").Ok();
        Assert.Contains("in use", (await node.WriteAsync("sys/mounts/" + second, """{"type":"notes"}""").Fails(FailureKind.Invalid)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_types_are_refused_with_the_known_ones() =>
        Assert.Contains("notes", (await node.WriteAsync("sys/mounts/x", """{"type":"nodes"}""").Fails(FailureKind.Invalid)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Tuning_changes_what_is_named_and_keeps_the_rest()
    {
        await node.WriteAsync("sys/mounts/n", """{"type":"notes","description":"old","config":{"max_lease_ttl":"2h"}}""").Ok();
        await node.WriteAsync("sys/mounts/n/tune", """{"default_lease_ttl":"1h","listing_visibility":"unauth"}""").Ok();
        var tuned = (await node.ReadAsync("sys/mounts/n/tune")).Json();
        Assert.Equal(3600, tuned.GetProperty("default_lease_ttl").GetInt32());
        Assert.Equal(7200, tuned.GetProperty("max_lease_ttl").GetInt32());
        Assert.Equal("old", tuned.Text("description"));
        await node.WriteAsync("sys/mounts/n/tune", """{"default_lease_ttl":"3h"}""").Fails(FailureKind.Invalid);
        await node.WriteAsync("sys/mounts/n/tune", """{"listing_visibility":"all"}""").Fails(FailureKind.Invalid);
    }

    // Go clients name both in every request.
    [Fact]
    public async Task An_empty_ttl_leaves_it_as_it_is_and_system_is_the_servers()
    {
        await node.WriteAsync(
            "sys/mounts/n", """{"type":"notes","config":{"default_lease_ttl":"1h","max_lease_ttl":"2h","force_no_cache":true}}""").Ok();
        await node.WriteAsync(
            "sys/mounts/n/tune", """{"default_lease_ttl":"","max_lease_ttl":"","force_no_cache":false,"description":"new","options":null}""").Ok();
        var kept = (await node.ReadAsync("sys/mounts/n/tune")).Json();
        Assert.Equal(3600, kept.GetProperty("default_lease_ttl").GetInt32());
        Assert.Equal(7200, kept.GetProperty("max_lease_ttl").GetInt32());
        Assert.True(kept.GetProperty("force_no_cache").GetBoolean());
        Assert.Equal("new", kept.Text("description"));

        await node.WriteAsync("sys/mounts/n/tune", """{"default_lease_ttl":"system","max_lease_ttl":"system"}""").Ok();
        var config = (await node.ReadAsync("sys/mounts/n")).Json().GetProperty("config");
        Assert.Equal(0, config.GetProperty("default_lease_ttl").GetInt32());
        Assert.Equal(0, config.GetProperty("max_lease_ttl").GetInt32());

        await node.WriteAsync("sys/mounts/m", """{"type":"notes","config":{"default_lease_ttl":"","max_lease_ttl":"system"}}""").Ok();
        var refused = await node.WriteAsync("sys/mounts/m/tune", """{"max_lease_ttl":"soon"}""").Fails(FailureKind.Invalid);
        Assert.StartsWith("field \"max_lease_ttl\": expected a duration", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_change_of_a_mount_answers_its_index()
    {
        await using var other = await TestNode.JoinAsync(store, node, new NotesEngine());
        var mounted = await node.WriteAsync("sys/mounts/n", """{"type":"notes"}""").Ok();
        await other.AskAsync(Pipeline.Operation.Read, "sys/mounts/n", "", index: mounted.Index).Ok();
        var tuned = await node.WriteAsync("sys/mounts/n/tune", """{"description":"new"}""").Ok();
        Assert.Equal("new", (await other.AskAsync(Pipeline.Operation.Read, "sys/mounts/n", "", index: tuned.Index)).Json().Text("description"));
        var moved = await node.WriteAsync("sys/remount", """{"from":"n","to":"m"}""").Ok();
        await other.AskAsync(Pipeline.Operation.Read, "sys/mounts/m", "", index: moved.Index).Ok();
        var unmounted = await node.DeleteAsync("sys/mounts/m").Ok();
        await other.AskAsync(Pipeline.Operation.Read, "sys/mounts/m", "", index: unmounted.Index).Fails(FailureKind.Invalid);
        long[] indexes = [mounted.Index, tuned.Index, moved.Index, unmounted.Index];
        Assert.Equal(indexes.Distinct().Order(), indexes);
        Assert.True(mounted.Index > 0);
    }

    [Fact]
    public async Task A_remount_keeps_data_and_accessor()
    {
        await node.WriteAsync("sys/mounts/old", """{"type":"notes"}""").Ok();
        await node.WriteAsync("old/a", """{"text":"kept"}""").Ok();
        var accessor = (await node.ReadAsync("sys/mounts/old")).Json().Text("accessor");
        var id = (await node.WriteAsync("sys/remount", """{"from":"old","to":"new/place"}""").Ok()).Json().Text("migration_id");
        Assert.Equal("kept", (await node.ReadAsync("new/place/a")).Json().Text("text"));
        await node.ReadAsync("old/a").Fails(FailureKind.NotFound);
        Assert.Equal(accessor, (await node.ReadAsync("sys/mounts/new/place")).Json().Text("accessor"));
        var info = (await node.ReadAsync("sys/remount/status/" + id)).Json().GetProperty("migration_info");
        Assert.Equal("success", info.Text("status"));
        Assert.Equal("old", info.Text("source_mount"));
        await node.WriteAsync("sys/remount", """{"from":"sys","to":"x"}""").Fails(FailureKind.Invalid);
        await node.WriteAsync("sys/remount", """{"from":"new/place","to":"auth/x"}""").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task An_unmount_deletes_all_data_and_a_new_mount_there_is_empty()
    {
        await node.WriteAsync("sys/mounts/n", """{"type":"notes"}""").Ok();
        for (var i = 0; i < 250; i++)
            await node.WriteAsync($"n/{i}", """{"text":"x"}""").Ok();
        var before = await CountAsync();
        await node.DeleteAsync("sys/mounts/n").Ok();
        Assert.InRange(before - await CountAsync(), 250, 252);
        await node.WriteAsync("sys/mounts/n", """{"type":"notes"}""").Ok();
        await node.ReadAsync("n/1").Fails(FailureKind.NotFound);
        await node.DeleteAsync("sys/mounts/sys").Fails(FailureKind.Invalid);
        await node.DeleteAsync("sys/mounts/never-there").Ok();
    }

    [Fact]
    public async Task Of_racing_mounts_at_one_path_exactly_one_succeeds()
    {
        await using var other = await TestNode.JoinAsync(store, node, new NotesEngine());
        var mounts = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            Task.Run(() => (i % 2 == 0 ? node : other).WriteAsync("sys/mounts/race", """{"type":"notes"}"""))));
        Assert.Equal(1, mounts.Count(r => r.Failure is null));
        Assert.Empty(node.Faults.Concat(other.Faults));
    }

    [Fact]
    public async Task The_ui_list_shows_only_what_the_caller_may_use()
    {
        await node.WriteAsync("sys/mounts/mine", """{"type":"notes"}""").Ok();
        await node.WriteAsync("sys/mounts/theirs", """{"type":"notes"}""").Ok();
        await node.WriteAsync("sys/policies/acl/mine", """{"policy":"path \"mine/a\" { capabilities = [\"read\"] }"}""").Ok();
        var token = (await node.WriteAsync("auth/token/create", """{"policies":["mine"],"no_default_policy":true}""").Ok()).Auth!.ClientToken;
        var shown = (await node.ReadAsync("sys/internal/ui/mounts", token)).Json().GetProperty("secret");
        Assert.True(shown.TryGetProperty("mine/", out _));
        Assert.False(shown.TryGetProperty("theirs/", out _));
        Assert.Equal("mine/", (await node.ReadAsync("sys/internal/ui/mounts/mine/a/b", token)).Json().Text("path"));
        var hidden = await node.ReadAsync("sys/internal/ui/mounts/theirs/a", token).Fails(FailureKind.Denied);
        var absent = await node.ReadAsync("sys/internal/ui/mounts/absent/a", token).Fails(FailureKind.Denied);
        Assert.Equal(hidden.Message.Replace("theirs", "absent", StringComparison.Ordinal), absent.Message);
    }

    private async Task<int> CountAsync()
    {
        var count = 0;
        await foreach (var _ in store.ExportAsync(default))
            count++;
        return count;
    }
}
