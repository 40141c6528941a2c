using Kist.Core.Storage;

namespace Kist.Core.Tests.Nodes;

/// <summary><c>sys/auth</c>, and auth methods as <c>sys/mounts/auth/…</c>.</summary>
public sealed class AuthMountTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private TestNode node = null!;

    public async Task InitializeAsync()
    {
        node = await TestNode.CreateAsync(store, new DoorMethod(), new NotesEngine());
        await node.WriteAsync("sys/auth/front", """{"type":"door","description":"d","config":{"max_lease_ttl":"2h","token_type":"batch"}}""").Ok();
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
        Assert.Empty(node.Faults);
    }

    [Fact]
    public async Task A_method_is_enabled_shown_and_disabled()
    {
        var shown = (await node.ReadAsync("sys/auth/front")).Json();
        Assert.Equal("door", shown.Text("type"));
        Assert.Equal("d", shown.Text("description"));
        Assert.StartsWith("auth_door_", shown.Text("accessor"), StringComparison.Ordinal);
        Assert.Equal(7200, shown.GetProperty("config").GetProperty("max_lease_ttl").GetInt32());
        Assert.Equal("batch", shown.GetProperty("config").Text("token_type"));
        Assert.Equal(["front/", "token/"], (await node.ReadAsync("sys/auth")).Json().EnumerateObject().Select(mount => mount.Name));

        await node.DeleteAsync("sys/auth/front").Ok();
        await node.ReadAsync("sys/auth/front").Fails(FailureKind.Invalid);
        await node.DeleteAsync("sys/auth/front").Ok();
    }

    [Fact]
    public async Task Methods_and_engines_are_not_taken_for_one_another()
    {
        await node.WriteAsync("sys/auth/x", """{"type":"notes"}""").Fails(FailureKind.Invalid);
        await node.WriteAsync("sys/mounts/x", """{"type":"door"}""").Fails(FailureKind.Invalid);
        await node.WriteAsync("sys/auth/front", """{"type":"door"}""").Fails(FailureKind.Invalid);
        // Nothing to unmount, which is no error, but the method stays.
        await node.DeleteAsync("sys/mounts/auth/front").Ok();
        Assert.Equal("door", (await node.ReadAsync("sys/auth/front")).Json().Text("type"));
        await node.DeleteAsync("sys/auth/token").Fails(FailureKind.Invalid);
    }

    [Theory]
    [InlineData("sys/auth/front/tune")]
    [InlineData("sys/mounts/auth/front/tune")]
    public async Task A_method_is_tuned_and_its_settings_are_read_at_either_path(string path)
    {
        await node.WriteAsync(path, """{"default_lease_ttl":"1h"}""").Ok();
        var tuned = (await node.ReadAsync(path)).Json();
        Assert.Equal(3600, tuned.GetProperty("default_lease_ttl").GetInt32());
        Assert.Equal(7200, tuned.GetProperty("max_lease_ttl").GetInt32());
        Assert.Equal("batch", tuned.Text("token_type"));
    }

    [Fact]
    public async Task Methods_need_sudo_except_to_be_tuned_as_mounts()
    {
        await node.WriteAsync(
            "sys/policies/acl/p", """{"policy":"path \"sys/*\" { capabilities = [\"create\",\"read\",\"update\",\"delete\"] }"}""").Ok();
        var token = (await node.WriteAsync("auth/token/create", """{"policies":["p"]}""").Ok()).Auth!.ClientToken;
        await node.WriteAsync("sys/auth/back", """{"type":"door"}""", token).Fails(FailureKind.Denied);
        await node.DeleteAsync("sys/auth/front", token).Fails(FailureKind.Denied);
        await node.ReadAsync("sys/auth/front/tune", token).Fails(FailureKind.Denied);
        await node.ReadAsync("sys/mounts/auth/front/tune", token).Ok();
        await node.WriteAsync("sys/mounts/auth/front/tune", """{"description":"e"}""", token).Ok();
        Assert.Equal("e", (await node.ReadAsync("sys/auth/front", token)).Json().Text("description"));
    }

    [Fact]
    public async Task A_method_moves_and_stays_one()
    {
        await node.WriteAsync("sys/remount", """{"from":"auth/front","to":"auth/back"}""").Ok();
        Assert.Equal("door", (await node.ReadAsync("sys/auth/back")).Json().Text("type"));
        await node.ReadAsync("sys/auth/front").Fails(FailureKind.Invalid);
    }
}
