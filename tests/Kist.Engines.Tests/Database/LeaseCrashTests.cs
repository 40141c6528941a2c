using Kist.Core;
using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;
using Kist.Core.Tests.Tokens;
using Kist.Engines.Database;
using Kist.Harness.Servers;

namespace Kist.Engines.Tests.Database;

/// <summary>
/// Nodes that die at each boundary of the life of a user under a lease. A node that begins afterwards leaves no user without a lease and no lease without an
/// end.
/// </summary>
[Collection(SharedPostgresCollection.Name)]
public sealed class LeaseCrashTests(SharedPostgres postgres) : IAsyncLifetime
{
    private const string Admin = "admin-of-one-test";

    private readonly MemoryStore store = new();
    private readonly MovableClock clock = new();
    private readonly DatabaseMountType engine = new(TimeProvider.System);
    private readonly TaskCompletionSource reached = new();
    private TestNode node = null!;
    private string? crashAt;
    private string role = "";

    public async Task InitializeAsync()
    {
        node = await TestNode.CreateAsync(store, new NodeOptions { Checkpoint = CheckpointAsync }, clock, engine);
        await node.WriteAsync("sys/mounts/database", """{"type":"database"}""").Ok();
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await engine.DisposeAsync();
        await store.DisposeAsync();
        Assert.Empty(node.Faults);
    }

    [TheoryNeedingServer(NeededServer.Postgres)]
    [InlineData("lease.prepared", 0)]
    [InlineData("lease.made", 1)]
    public async Task A_node_that_dies_while_it_makes_a_user_leaves_none(string boundary, int made)
    {
        await PrepareAsync();
        crashAt = boundary;
        _ = node.ReadAsync($"database/creds/{role}");
        await reached.Task;
        Assert.Equal(made, (await UsersAsync()).Count);
        await RestartAsync();
        clock.Advance(TimeSpan.FromMinutes(3));
        await NothingIsLeftAsync();
    }

    [TheoryNeedingServer(NeededServer.Postgres)]
    [InlineData("lease.revoking", 1)]
    [InlineData("lease.ended", 0)]
    public async Task A_node_that_dies_while_it_revokes_a_user_leaves_none(string boundary, int left)
    {
        await PrepareAsync();
        await node.ReadAsync($"database/creds/{role}").Ok();
        Assert.Single(await UsersAsync());
        crashAt = boundary;
        clock.Advance(TimeSpan.FromMinutes(11));
        await reached.Task;
        Assert.Equal(left, (await UsersAsync()).Count);
        Assert.Single(await LeasesAsync());
        await RestartAsync();
        await NothingIsLeftAsync();
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_node_that_dies_while_an_unmount_revokes_users_leaves_none()
    {
        await PrepareAsync();
        for (var i = 0; i < 10; i++)
            await node.ReadAsync($"database/creds/{role}").Ok();
        crashAt = "lease.ended";
        _ = node.DeleteAsync("sys/mounts/database");
        await reached.Task;
        await RestartAsync();
        await Eventually.HoldsAsync(async () => (await node.ReadAsync("sys/mounts/database")).Failure is not null);
        await NothingIsLeftAsync();
    }

    private async Task PrepareAsync()
    {
        role = "r" + Guid.NewGuid().ToString("N")[..7];
        await node.WriteAsync("database/config/db", DatabaseHost.Connection(postgres.Server.Port, await postgres.NewAdministratorAsync(Admin), Admin)).Ok();
        await node.WriteAsync($"database/roles/{role}", """
            {"db_name":"db","default_ttl":"10m","creation_statements":["CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"]}
            """).Ok();
    }

    // What was under way stays where it is for ever.
    private async Task RestartAsync()
    {
        var crashed = node;
        await crashed.DisposeAsync();
        crashAt = null;
        node = await TestNode.JoinAsync(store, crashed, new NodeOptions(), clock, engine);
    }

    private async ValueTask CheckpointAsync(string boundary, CancellationToken cancellationToken)
    {
        if (boundary != crashAt)
            return;
        reached.TrySetResult();
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private Task<IReadOnlyList<string>> UsersAsync() => postgres.AskAsync($"SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'v-root-{role}-%'");

    private async Task<IReadOnlyList<string>> LeasesAsync()
    {
        var listed = await node.ListAsync($"sys/leases/lookup/database/creds/{role}");
        return listed.Failure is null ? [.. listed.Json().GetProperty("keys").EnumerateArray().Select(key => key.GetString()!)] : [];
    }

    private Task NothingIsLeftAsync() => Eventually.HoldsAsync(async () => (await UsersAsync()).Count == 0 && (await LeasesAsync()).Count == 0);
}
