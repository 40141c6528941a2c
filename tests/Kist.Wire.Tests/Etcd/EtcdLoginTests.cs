using Kist.Harness;
using Kist.Wire.Etcd;

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
        await using var again = root.Watch(new EtcdWatch(EtcdKeys.All, 1)).ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await again.MoveNextAsync());
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
