using Kist.Harness;
using Kist.Wire.Etcd;
using Kist.Wire.Etcd.Messages;
using Kist.Wire.Grpc;

namespace Kist.Wire.Tests.Etcd;

public sealed class EtcdLoginTests
{
    private const string Password = "correct horse";

    [FactNeedingEtcd]
    public async Task User_and_password_are_traded_for_a_token_again_when_that_is_forgotten()
    {
        await using var server = await WithUsersAsync();
        using var root = Client(server, new EtcdCredentials("root", Password));
        await PutAsync(root, "a");

        // Tokens do not outlive a run of etcd.
        await server.Process.StopAsync();
        await server.RestartAsync();
        await PutAsync(root, "b");
        Assert.Equal(2, (await root.RangeAsync(new EtcdRange(EtcdKeys.All), CancellationToken.None)).Count);
        await using (var batches = root.Watch(new EtcdWatch(EtcdKeys.All, 1)).ReadAllAsync(CancellationToken.None).GetAsyncEnumerator())
            Assert.True(await batches.MoveNextAsync());

        await server.Process.StopAsync();
        await server.RestartAsync();
        await using (var again = root.Watch(new EtcdWatch(EtcdKeys.All, 1)).ReadAllAsync(CancellationToken.None).GetAsyncEnumerator())
            Assert.True(await again.MoveNextAsync());

        await server.Process.StopAsync();
        await server.RestartAsync();
        await using var parts = root.SnapshotAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await parts.MoveNextAsync());
    }

    [FactNeedingEtcd]
    public async Task Refused_users_are_told_apart()
    {
        await using var server = await WithUsersAsync();
        using var wrong = Client(server, new EtcdCredentials("root", "wrong"));
        using var nobody = Client(server, null);
        using var reader = Client(server, new EtcdCredentials("reader", Password));

        var e = await Assert.ThrowsAsync<EtcdException>(() => PutAsync(wrong, "a"));
        Assert.Equal(EtcdError.Unauthenticated, e.Error);
        Assert.DoesNotContain("wrong", e.Message);
        Assert.NotEqual(EtcdError.Unavailable, (await Assert.ThrowsAsync<EtcdException>(() => PutAsync(nobody, "a"))).Error);
        Assert.Equal(EtcdError.PermissionDenied, (await Assert.ThrowsAsync<EtcdException>(() => PutAsync(reader, "a"))).Error);
        Assert.Equal(EtcdError.PermissionDenied, (await Assert.ThrowsAsync<EtcdException>(async () =>
        {
            await foreach (var batch in reader.Watch(new EtcdWatch(EtcdKeys.All, 1)).ReadAllAsync(CancellationToken.None))
                Assert.Fail($"a watch began: {batch.Kind}");
        })).Error);
    }

    [Fact]
    public async Task Logins_do_not_queue_behind_a_member_that_hangs_and_its_writes_go_elsewhere()
    {
        await using var hanging = await ScriptedEtcd.StartAsync(new() { ["Authenticate"] = call => call.HangAsync() });
        await using var other = await ScriptedEtcd.StartAsync(new()
        {
            ["Authenticate"] = call => call.AnswerAsync(new AuthenticateResponse { Token = "token" }),
            ["Put"] = call => call.AnswerAsync(new PutResponse()),
        });
        var options = new EtcdOptions
        {
            Endpoints = [hanging.Endpoint, other.Endpoint],
            Credentials = new EtcdCredentials("root", Password),
            RequestTimeout = TimeSpan.FromSeconds(1),
        };
        using var client = new EtcdClient(options);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => PutAsync(client, $"{i}")).ToList());
        Assert.Equal((1, 20), (hanging.Calls("Authenticate"), other.Calls("Put")));

        using var alone = new EtcdClient(options with { Endpoints = [hanging.Endpoint] });
        var e = await Assert.ThrowsAsync<EtcdException>(() => PutAsync(alone, "a"));
        Assert.Equal((EtcdError.TimedOut, false), (e.Error, e.MayHaveHappened));
    }

    [Theory]
    [InlineData(GrpcStatusCode.Unknown, "something new", EtcdError.Refused)]
    [InlineData(GrpcStatusCode.InvalidArgument, "etcdserver: authentication failed, invalid user ID or password", EtcdError.Unauthenticated)]
    public async Task Write_whose_login_failed_has_not_happened(GrpcStatusCode status, string detail, EtcdError error)
    {
        await using var member = await ScriptedEtcd.StartAsync(new() { ["Authenticate"] = call => call.EndAsync(status, detail) });
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [member.Endpoint], Credentials = new EtcdCredentials("root", Password) });
        var e = await Assert.ThrowsAsync<EtcdException>(() => PutAsync(client, "a"));
        Assert.Equal((error, false), (e.Error, e.MayHaveHappened));
    }

    [Fact]
    public async Task Caller_that_leaves_during_a_login_takes_nobody_with_it()
    {
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        await using var member = await ScriptedEtcd.StartAsync(new()
        {
            ["Authenticate"] = async call =>
            {
                asked.TrySetResult();
                await answer.Task;
                await call.AnswerAsync(new AuthenticateResponse { Token = "token" });
            },
            ["Put"] = call => call.AnswerAsync(new PutResponse()),
        });
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [member.Endpoint], Credentials = new EtcdCredentials("root", Password) });
        using var leaving = new CancellationTokenSource();
        var first = client.PutAsync(new EtcdPut(Text.Bytes("a"), Text.Bytes("x")), leaving.Token);
        var second = PutAsync(client, "b");
        await asked.Task;
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult();
        await second;
        Assert.Equal(1, member.Calls("Authenticate"));
    }

    [Fact]
    public async Task Request_that_is_not_permitted_leaves_the_token_that_others_use()
    {
        await using var member = await ScriptedEtcd.StartAsync(new()
        {
            ["Authenticate"] = call => call.AnswerAsync(new AuthenticateResponse { Token = "token" }),
            ["Put"] = call => call.EndAsync(GrpcStatusCode.PermissionDenied, "etcdserver: permission denied"),
        });
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [member.Endpoint], Credentials = new EtcdCredentials("reader", Password) });
        for (var i = 0; i < 3; i++)
            Assert.Equal(EtcdError.PermissionDenied, (await Assert.ThrowsAsync<EtcdException>(() => PutAsync(client, "a"))).Error);
        Assert.Equal((1, 3), (member.Calls("Authenticate"), member.Calls("Put")));
    }

    private static async Task<EtcdServer> WithUsersAsync()
    {
        var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        await server.ControlAsync("user", "add", $"root:{Password}");
        await server.ControlAsync("user", "add", $"reader:{Password}");
        await server.ControlAsync("user", "grant-role", "root", "root");
        await server.ControlAsync("auth", "enable");
        return server;
    }

    private static EtcdClient Client(EtcdServer server, EtcdCredentials? credentials) =>
        new(new EtcdOptions { Endpoints = [server.Endpoint], Credentials = credentials });

    private static Task<EtcdPutResult> PutAsync(EtcdClient client, string key) =>
        client.PutAsync(new EtcdPut(Text.Bytes(key), Text.Bytes("x")), CancellationToken.None);
}
