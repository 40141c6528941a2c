using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;

namespace Kist.Core.Tests.Leases;

/// <summary>Leases end with what they hang on: their token, its parents, their mount, the auth method that let the holder in.</summary>
public sealed class EndTests : IAsyncLifetime
{
    private LeaseBed bed = null!;

    public async Task InitializeAsync() => bed = await LeaseBed.StartAsync();

    public async Task DisposeAsync()
    {
        var node = bed.Node;
        await bed.DisposeAsync();
        Assert.Empty(node.Faults);
    }

    [Fact]
    public async Task Leases_of_a_revoked_token_end_with_it()
    {
        var token = await bed.TokenAsync();
        for (var i = 0; i < 50; i++)
            await bed.IssueAsync(token: token);
        var other = await bed.IssueAsync("other");
        await bed.Node.WriteAsync("auth/token/revoke-self", "", token).Ok();
        await Eventually.HoldsAsync(() => bed.Engine.World.Count == 1);
        await bed.LookupAsync(other);
    }

    [Fact]
    public async Task Leases_of_an_expired_token_and_of_its_children_end_with_it()
    {
        var token = await bed.TokenAsync("""{"ttl":"10m"}""");
        var child = (await bed.Node.WriteAsync("auth/token/create", """{"ttl":"1h"}""", token).Ok()).Auth!.ClientToken;
        await bed.IssueAsync(token: token);
        await bed.IssueAsync(token: child);
        bed.Clock.Advance(TimeSpan.FromMinutes(11));
        await bed.WorldEmptiesAsync();
    }

    [Fact]
    public async Task Leases_of_a_token_that_is_revoked_without_its_children_end()
    {
        var token = await bed.TokenAsync();
        var child = (await bed.Node.WriteAsync("auth/token/create", """{"ttl":"1h"}""", token).Ok()).Auth!.ClientToken;
        await bed.IssueAsync("app", token);
        await bed.IssueAsync("child", child);
        await bed.Node.WriteAsync("auth/token/revoke-orphan", $$"""{"token":"{{token.Reveal()}}"}""").Ok();
        await Eventually.HoldsAsync(() => bed.Engine.World.Count == 1);
        Assert.StartsWith("child", Assert.Single(bed.Engine.World).Key, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lease_of_a_batch_token_lasts_no_longer_than_it_and_ends_with_its_parent()
    {
        var parent = await bed.TokenAsync("""{"policies":["all"],"ttl":"1h"}""");
        await bed.Node.WriteAsync("sys/policies/acl/all", """{"policy":"path \"*\" { capabilities = [\"create\",\"read\",\"update\"] }"}""").Ok();
        var batch = (await bed.Node.WriteAsync("auth/token/create", """{"type":"batch","policies":["all"],"ttl":"5m"}""", parent).Ok()).Auth!.ClientToken;
        var lease = await bed.IssueAsync(token: batch);
        Assert.Equal(TimeSpan.FromMinutes(5), lease.Duration);
        await bed.Node.WriteAsync("auth/token/revoke-self", "", parent).Ok();
        await bed.WorldEmptiesAsync();
        await bed.Node.ReadAsync("accounts/creds/app", batch).Fails(FailureKind.Unauthenticated);
    }

    [Fact]
    public async Task The_last_use_of_a_token_takes_no_lease()
    {
        var token = await bed.TokenAsync("""{"ttl":"1h","num_uses":2}""");
        await bed.IssueAsync(token: token);
        Assert.Equal("lease.last_use", (await bed.Node.ReadAsync("accounts/creds/app", token).Fails(FailureKind.Invalid)).Code);
        await bed.WorldEmptiesAsync();
    }

    [Fact]
    public async Task A_token_that_ends_while_a_secret_is_made_takes_the_secret_with_it()
    {
        var token = await bed.TokenAsync();
        bed.Engine.BeforeMaking = async _ => await bed.Node.WriteAsync("auth/token/revoke-self", "", token).Ok();
        Assert.Equal("lease.revoked", (await bed.Node.ReadAsync("accounts/creds/app", token).Fails(FailureKind.Unavailable)).Code);
        await bed.WorldEmptiesAsync();
    }

    [Fact]
    public async Task An_unmount_revokes_all_leases_of_the_mount_wherever_it_was_moved_to()
    {
        await bed.IssueAsync();
        await bed.Node.WriteAsync("sys/remount", """{"from":"accounts","to":"moved"}""").Ok();
        await bed.Node.ReadAsync("moved/creds/app").Ok();
        await bed.Node.DeleteAsync("sys/mounts/moved").Ok();
        Assert.Empty(bed.Engine.World);
        Assert.Equal(0, await bed.EntriesAsync());
    }

    [Fact]
    public async Task A_mount_whose_leases_cannot_be_revoked_stays_until_they_are_or_are_removed_by_force()
    {
        await bed.IssueAsync();
        bed.Engine.OnRevoke = static _ => Failure.Invalid("leased.refused", "it is refused");
        var failure = (await bed.Node.DeleteAsync("sys/mounts/accounts")).Failure!;
        Assert.Contains("it is refused", failure.Message, StringComparison.Ordinal);
        Assert.Single(bed.Engine.World);
        await bed.Node.ReadAsync("accounts/creds/app").Fails(FailureKind.Unavailable);
        await bed.Node.WriteAsync("sys/leases/revoke-force/accounts").Ok();
        await Eventually.HoldsAsync(async () => (await bed.Node.ReadAsync("sys/mounts/accounts")).Failure is not null);
        Assert.Single(bed.Engine.World);
        Assert.Equal(0, await bed.EntriesAsync());
    }

    [Fact]
    public async Task An_unmount_waits_for_what_is_being_made()
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
        var unmounted = bed.Node.DeleteAsync("sys/mounts/accounts");
        await Eventually.HoldsAsync(async () => (await bed.Node.ReadAsync("accounts/creds/app")).Failure is { Code: "mount.removing" });
        go.SetResult();
        Assert.NotNull((await asked).Failure);
        await unmounted.Ok();
        await bed.WorldEmptiesAsync();
    }

    [Fact]
    public async Task Leases_of_those_whom_an_auth_method_let_in_end_with_the_method()
    {
        await bed.Node.WriteAsync("sys/policies/acl/all", """{"policy":"path \"*\" { capabilities = [\"create\",\"read\",\"update\"] }"}""").Ok();
        await bed.Node.WriteAsync("sys/auth/knock", """{"type":"knock"}""").Ok();
        await bed.Node.WriteAsync("auth/knock/role/me", """{"token_policies":["all"]}""").Ok();
        var login = (await bed.Node.WriteAsync("auth/knock/login/me").Ok()).Auth!.ClientToken;
        await bed.IssueAsync(token: login);
        var other = await bed.IssueAsync("other");
        await bed.Node.DeleteAsync("sys/auth/knock").Ok();
        await Eventually.HoldsAsync(() => bed.Engine.World.Count == 1);
        await bed.LookupAsync(other);
    }
}
