using Kist.Harness.Servers;
using Kist.Wire.Redis;
using Kist.Wire.Sockets;

namespace Kist.Wire.Tests.Redis;

[Collection(SharedRedisCollection.Name)]
public sealed class RedisConnectionTests(SharedRedis shared)
{
    [FactNeedingServer(NeededServer.Redis)]
    public async Task A_user_is_made_and_read_and_removed()
    {
        var name = shared.NewName();
        using var root = await RedisConnection.ConnectAsync(SharedRedis.Endpoint(shared.Server), CancellationToken.None);
        Assert.Equal("OK", (await SayAsync(root, "ACL", "SETUSER", name, "on", ">a secret of é", "~app:*", "+get", "+set")).Text);

        var fields = (await SayAsync(root, "ACL", "GETUSER", name)).Items;
        Assert.Equal("~app:*", fields[fields.Select(static f => f.Kind == RedisReplyKind.Bytes ? f.Text : "").ToList().IndexOf("keys") + 1].Text);

        using (var user = await RedisConnection.ConnectAsync(SharedRedis.Endpoint(shared.Server, name, "a secret of é"), CancellationToken.None))
        {
            Assert.Equal("OK", (await SayAsync(user, "SET", "app:x", "1")).Text);
            Assert.Equal("NOPERM", (await SayAsync(user, "GET", "other")).ErrorCode);
            Assert.Equal("1", (await SayAsync(user, "GET", "app:x")).Text);
            Assert.Equal(1, (await SayAsync(root, "ACL", "DELUSER", name)).Number);
        }
        Assert.Equal(0, (await SayAsync(root, "ACL", "DELUSER", name)).Number);
        Assert.Equal(RedisReplyKind.Null, (await SayAsync(root, "ACL", "GETUSER", name)).Kind);
        var refused = await Assert.ThrowsAsync<RedisException>(
            () => RedisConnection.ConnectAsync(SharedRedis.Endpoint(shared.Server, name, "a secret of é"), CancellationToken.None));
        Assert.Equal("WRONGPASS", refused.Code);
    }

    [FactNeedingServer(NeededServer.Redis)]
    public async Task A_wrong_password_is_refused_and_not_repeated()
    {
        var endpoint = SharedRedis.Endpoint(shared.Server, password: "wrong-and-secret");
        var refused = await Assert.ThrowsAsync<RedisException>(() => RedisConnection.ConnectAsync(endpoint, CancellationToken.None));
        Assert.Equal("WRONGPASS", refused.Code);
        Assert.DoesNotContain("secret", refused.ToString());
        Assert.DoesNotContain("secret", endpoint.ToString());
    }

    [FactNeedingServer(NeededServer.Redis)]
    public async Task The_password_alone_logs_in_the_first_user_and_nobody_is_logged_in_without()
    {
        using var first = await RedisConnection.ConnectAsync(SharedRedis.Endpoint(shared.Server, user: ""), CancellationToken.None);
        Assert.Equal(RedisServer.Superuser, (await SayAsync(first, "ACL", "WHOAMI")).Text);
        var endpoint = SharedRedis.Endpoint(shared.Server) with { Credentials = null };
        using var nobody = await RedisConnection.ConnectAsync(endpoint, CancellationToken.None);
        Assert.Equal("NOAUTH", (await SayAsync(nobody, "ACL", "WHOAMI")).ErrorCode);
    }

    [FactNeedingServer(NeededServer.Redis)]
    public async Task A_refused_command_is_a_reply_and_the_connection_goes_on()
    {
        using var connection = await RedisConnection.ConnectAsync(SharedRedis.Endpoint(shared.Server), CancellationToken.None);
        var reply = await SayAsync(connection, "ACL", "SETUSER", shared.NewName(), "what is a secret");
        Assert.True(reply.IsError);
        Assert.DoesNotContain("secret", reply.ToString());
        Assert.Equal("PONG", (await SayAsync(connection, "PING")).Text);
    }

    [FactNeedingServer(NeededServer.Redis)]
    public async Task Any_bytes_come_back()
    {
        var bytes = Enumerable.Range(0, 100_000).Select(static i => (byte)i).ToArray();
        using var connection = await RedisConnection.ConnectAsync(SharedRedis.Endpoint(shared.Server), CancellationToken.None);
        var key = RedisConnection.Arguments(shared.NewName())[0];
        await connection.ExecuteAsync([.. RedisConnection.Arguments("SET"), key, bytes], CancellationToken.None);
        Assert.Equal(bytes, (await connection.ExecuteAsync([.. RedisConnection.Arguments("GET"), key], CancellationToken.None)).Bytes.ToArray());
    }

    [FactNeedingServer(NeededServer.Redis)]
    public async Task A_cancelled_command_ends_the_connection()
    {
        using var connection = await RedisConnection.ConnectAsync(SharedRedis.Endpoint(shared.Server), CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        var waiting = connection.ExecuteAsync(RedisConnection.Arguments("BLPOP", shared.NewName(), "0"), cancel.Token);
        var second = await Assert.ThrowsAsync<InvalidOperationException>(() => SayAsync(connection, "PING"));
        Assert.Contains("one operation at a time", second.Message);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(connection.IsUsable);
        Assert.Equal(WireFault.Unusable, (await Assert.ThrowsAsync<WireException>(() => SayAsync(connection, "PING"))).Fault);
    }

    [FactNeedingServer(NeededServer.Redis)]
    public async Task A_server_that_goes_breaks_its_connections_and_is_found_again()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions());
        using var connection = await RedisConnection.ConnectAsync(SharedRedis.Endpoint(server), CancellationToken.None);
        await server.StopAsync();
        Assert.Equal(WireFault.Broken, (await Assert.ThrowsAsync<WireException>(() => SayAsync(connection, "PING"))).Fault);
        var gone = await Assert.ThrowsAsync<WireException>(() => RedisConnection.ConnectAsync(SharedRedis.Endpoint(server), CancellationToken.None));
        Assert.Equal(WireFault.Unreachable, gone.Fault);
        await server.RestartAsync();
        using var again = await RedisConnection.ConnectAsync(SharedRedis.Endpoint(server), CancellationToken.None);
        Assert.Equal("PONG", (await SayAsync(again, "PING")).Text);
    }

    [FactNeedingServer(NeededServer.Redis)]
    public async Task A_silent_server_is_waited_for_until_the_caller_gives_up()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions());
        await server.PauseAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RedisConnection.ConnectAsync(SharedRedis.Endpoint(server), patience.Token));
    }

    private static Task<RedisReply> SayAsync(RedisConnection connection, params string[] command) =>
        connection.ExecuteAsync(RedisConnection.Arguments(command), CancellationToken.None);
}
