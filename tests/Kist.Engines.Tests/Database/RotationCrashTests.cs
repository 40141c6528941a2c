using Kist.Core;
using Kist.Core.Storage;
using Kist.Harness.Servers;

namespace Kist.Engines.Tests.Database;

/// <summary>
/// Rotations that are cut short at each boundary between a commit and what is done outside, and at each commit itself. Then a node begins that knows nothing
/// but what is stored: the password that clients get logs in, and the connection works.
/// </summary>
[Collection(SharedPostgresCollection.Name)]
public sealed class RotationCrashTests(SharedPostgres postgres)
{
    private const string First = "admin-of-one-test";

    private string? crashAt;

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task Every_crash_of_a_static_rotation_leaves_a_password_that_works()
    {
        foreach (var boundary in new[] { "database.staged", "database.applied" })
        {
            var (host, user) = await StartAsync();
            await using var _ = host;
            var before = await host.PasswordAsync("s");
            await CrashAsync(boundary, () => host.WriteAsync("rotate-role/s"));
            Assert.NotNull((await host.StoredRoleAsync("s")).Staged);
            await using var next = await host.StartPeerAsync();
            var password = await next.PasswordAsync("s");
            Assert.True(await postgres.CanLogInAsync(user, password), boundary);
            Assert.NotEqual(before, password);
            Assert.Null((await next.StoredRoleAsync("s")).Staged);
        }
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task What_was_cut_short_is_finished_by_the_leader_also_when_nobody_asks()
    {
        foreach (var boundary in new[] { "database.staged", "database.applied" })
        {
            var (host, user) = await StartAsync();
            await using var _ = host;
            await CrashAsync(boundary, () => host.WriteAsync("rotate-role/s"));
            await using var next = await host.StartPeerAsync();
            await next.TendAsync();
            var role = await next.StoredRoleAsync("s");
            Assert.Null(role.Staged);
            Assert.True(await postgres.CanLogInAsync(user, role.Password!.Reveal()), boundary);
        }
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_new_role_whose_first_rotation_is_cut_short_has_its_password_all_the_same()
    {
        foreach (var boundary in new[] { "database.staged", "database.applied" })
        {
            await using var host = await DatabaseHost.StartAsync(CheckpointAsync);
            await ConnectAsync(host);
            var user = await postgres.NewUserAsync();
            await CrashAsync(boundary, () => host.WriteAsync("static-roles/s", Role(user)));
            await using var next = await host.StartPeerAsync();
            Assert.True(await postgres.CanLogInAsync(user, await next.PasswordAsync("s")), boundary);
        }
    }

    // A commit whose answer is lost may have happened or not.
    [FactNeedingServer(NeededServer.Postgres)]
    public async Task Every_commit_that_is_lost_leaves_a_password_that_works()
    {
        for (var lost = 1; lost <= 2; lost++)
        {
            foreach (var happened in new[] { true, false })
            {
                var (host, user) = await StartAsync();
                await using var _ = host;
                LoseCommit(host, lost, happened);
                Assert.Equal(FailureKind.Unavailable, (await host.WriteAsync("rotate-role/s")).Failure?.Kind);
                await using var next = await host.StartPeerAsync();
                Assert.True(await postgres.CanLogInAsync(user, await next.PasswordAsync("s")), $"{lost} {happened}");
                await next.TendAsync();
                Assert.True(await postgres.CanLogInAsync(user, await next.PasswordAsync("s")), $"{lost} {happened}");
            }
        }
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task Every_crash_of_a_root_rotation_leaves_a_connection_that_works()
    {
        foreach (var boundary in new[] { "database.root_staged", "database.root_applied" })
        {
            var (host, user) = await StartAsync();
            await using var _ = host;
            await CrashAsync(boundary, () => host.WriteAsync("rotate-root/db"));
            var staged = (await host.StoredConnectionAsync()).Staged!.Reveal();
            await using var next = await host.StartPeerAsync();
            await next.WriteAsync("rotate-role/s").Ok();
            Assert.True(await postgres.CanLogInAsync(user, await next.PasswordAsync("s")), boundary);
            var after = await next.StoredConnectionAsync();
            Assert.Equal(boundary == "database.root_applied" ? staged : First, after.Password!.Reveal());
            await next.WriteAsync("rotate-root/db").Ok();
            var last = await next.StoredConnectionAsync();
            Assert.Null(last.Staged);
            Assert.True(await postgres.CanLogInAsync(last.Details.Username, last.Password!.Reveal()));
            Assert.False(await postgres.CanLogInAsync(last.Details.Username, First));
            // The node of before finds its way as well.
            await host.WriteAsync("rotate-role/s").Ok();
        }
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task Every_commit_of_a_root_rotation_that_is_lost_leaves_a_connection_that_works()
    {
        for (var lost = 1; lost <= 2; lost++)
        {
            foreach (var happened in new[] { true, false })
            {
                var (host, _) = await StartAsync();
                await using var __ = host;
                LoseCommit(host, lost, happened);
                Assert.Equal(FailureKind.Unavailable, (await host.WriteAsync("rotate-root/db")).Failure?.Kind);
                await using var next = await host.StartPeerAsync();
                await next.WriteAsync("rotate-role/s").Ok();
                await next.WriteAsync("rotate-root/db").Ok();
                await host.WriteAsync("rotate-role/s").Ok();
            }
        }
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task Two_nodes_that_rotate_at_a_time_agree_in_the_end()
    {
        var (host, user) = await StartAsync();
        await using var _ = host;
        await using var peer = await host.StartPeerAsync();
        for (var round = 0; round < 10; round++)
        {
            await Task.WhenAll(host.WriteAsync("rotate-role/s"), peer.WriteAsync("rotate-role/s"), host.WriteAsync("rotate-root/db"), peer.WriteAsync("rotate-root/db"));
            Assert.True(await postgres.CanLogInAsync(user, await peer.PasswordAsync("s")));
            await host.WriteAsync("rotate-role/s").Ok();
            Assert.True(await postgres.CanLogInAsync(user, await host.PasswordAsync("s")));
        }
    }

    private async Task<(DatabaseHost Host, string User)> StartAsync()
    {
        var host = await DatabaseHost.StartAsync(CheckpointAsync);
        await ConnectAsync(host);
        var user = await postgres.NewUserAsync();
        await host.WriteAsync("static-roles/s", Role(user)).Ok();
        return (host, user);
    }

    private async Task ConnectAsync(DatabaseHost host) => await host.ConnectAsync(postgres.Server.Port, await postgres.NewAdministratorAsync(First), First).Ok();

    private static string Role(string user) => $$"""{"db_name":"db","username":"{{user}}","rotation_period":"1h"}""";

    private async Task CrashAsync(string boundary, Func<Task> work)
    {
        crashAt = boundary;
        await Assert.ThrowsAsync<CrashException>(work);
        crashAt = null;
    }

    private ValueTask CheckpointAsync(string boundary, CancellationToken cancellationToken) => boundary == crashAt ? throw new CrashException() : default;

    private static void LoseCommit(DatabaseHost host, int which, bool happened)
    {
        var count = 0;
        host.Store.OnCommit = async (_, commit) =>
        {
            if (++count != which)
                return await commit();
            host.Store.OnCommit = static (_, later) => later();
            if (happened)
                await commit();
            return CommitOutcome.Unknown;
        };
    }
}

public sealed class CrashException : Exception;
