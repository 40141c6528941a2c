using Kist.Harness;
using Kist.Wire.Etcd;

namespace Kist.Wire.Tests.Etcd;

public sealed class EtcdFailoverTests
{
    [FactNeedingEtcd]
    public async Task Reads_writes_and_leases_go_to_the_next_endpoint_when_one_is_dead()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = Client(KistServer.FreeAddress(), KistServer.FreeAddress(), server.Endpoint);
        await PutAsync(client, "a");
        Assert.Equal(1, await CountAsync(client));
        var lease = await client.GrantLeaseAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        await client.RenewLeaseAsync(lease.Id, CancellationToken.None);
        await using var batches = client.Watch(new EtcdWatch(EtcdKeys.All, 1)).ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await batches.MoveNextAsync());
    }

    [Fact]
    public async Task When_all_endpoints_are_dead_the_error_names_each_and_nothing_has_happened()
    {
        Uri[] dead = [KistServer.FreeAddress(), KistServer.FreeAddress()];
        using var client = Client(dead);
        var e = await Assert.ThrowsAsync<EtcdException>(() => PutAsync(client, "a"));
        Assert.Equal((EtcdError.Unavailable, false), (e.Error, e.MayHaveHappened));
        Assert.All(dead, address => Assert.Contains(address.Authority, e.Message));
    }

    [FactNeedingEtcd]
    public async Task Write_at_a_member_that_hangs_may_have_happened_and_the_next_one_goes_elsewhere()
    {
        await using var hanging = await EtcdServer.StartAsync(new EtcdServerOptions());
        await using var other = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(
            new EtcdOptions { Endpoints = [hanging.Endpoint, other.Endpoint], RequestTimeout = TimeSpan.FromSeconds(1) });
        await PutAsync(client, "a");
        await hanging.FreezeAsync();

        var e = await Assert.ThrowsAsync<EtcdException>(() => PutAsync(client, "b"));
        Assert.Equal((EtcdError.TimedOut, true), (e.Error, e.MayHaveHappened));
        // The other one had no keys. It is not left again.
        await PutAsync(client, "c");
        Assert.Equal(1, await CountAsync(client));
    }

    [FactNeedingEtcd]
    public async Task Member_that_hangs_is_left_by_reads_too()
    {
        await using var hanging = await EtcdServer.StartAsync(new EtcdServerOptions());
        await using var other = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(
            new EtcdOptions { Endpoints = [hanging.Endpoint, other.Endpoint], RequestTimeout = TimeSpan.FromSeconds(1) });
        await PutAsync(client, "a");
        await hanging.FreezeAsync();
        Assert.Equal(0, await CountAsync(client));
    }

    [FactNeedingEtcd]
    public async Task Everything_goes_on_in_a_cluster_whose_members_die_one_after_the_other()
    {
        var members = await EtcdServer.StartClusterAsync(3, new EtcdServerOptions());
        using var client = Client([.. members.Select(m => m.Endpoint)]);
        var watched = new List<string>();
        await using var batches = client.Watch(new EtcdWatch(EtcdKeys.All, 0)).ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await batches.MoveNextAsync());

        for (var round = 0; round < members.Count; round++)
        {
            await UntilWrittenAsync(client, $"before {round}");
            await members[round].Process.KillAsync();
            await UntilWrittenAsync(client, $"after {round}");
            while (!watched.Contains($"after {round}") && await batches.MoveNextAsync())
                watched.AddRange(batches.Current.Events.Select(e => Text.Of(e.Entry.Key)));
            await members[round].RestartAsync();
        }

        Assert.Equal(["before 0", "after 0", "before 1", "after 1", "before 2", "after 2"], watched);
        Assert.Equal(6, await CountAsync(client));
        foreach (var member in members)
            await member.DisposeAsync();
    }

    [FactNeedingEtcd]
    public async Task Watch_waits_while_the_cluster_has_no_leader()
    {
        var members = await EtcdServer.StartClusterAsync(3, new EtcdServerOptions());
        using var client = Client([.. members.Select(m => m.Endpoint)]);
        await using var batches = client.Watch(new EtcdWatch(EtcdKeys.All, 0)).ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await batches.MoveNextAsync());

        // The watch is at the first one. The last one follows a leader until it has not heard of it for a while.
        await members[0].Process.KillAsync();
        await members[1].Process.KillAsync();
        while ((await client.StatusAsync(members[2].Endpoint, CancellationToken.None)).LeaderId != 0)
            await Task.Delay(20);
        var reopened = batches.MoveNextAsync().AsTask();
        await members[1].RestartAsync();
        Assert.True(await reopened);
        Assert.Equal(EtcdWatchKind.Opened, batches.Current.Kind);
        await UntilWrittenAsync(client, "after");
        Assert.True(await batches.MoveNextAsync());
        Assert.Equal("after", Text.Of(Assert.Single(batches.Current.Events).Entry.Key));
        foreach (var member in members)
            await member.DisposeAsync();
    }

    // What nobody confirmed is looked up before it is written again, so that each key is written once.
    private static async Task UntilWrittenAsync(EtcdClient client, string key)
    {
        while (true)
        {
            try
            {
                var absent = EtcdCondition.Absent(Text.Bytes(key));
                await client.TransactAsync(new EtcdTransaction([absent], [new EtcdPut(Text.Bytes(key), Text.Bytes("x"))], []), CancellationToken.None);
                return;
            }
            catch (EtcdException e) when (e.Error is EtcdError.Unavailable or EtcdError.TimedOut)
            {
                // The cluster elects a leader.
                await Task.Delay(50);
            }
        }
    }

    private static EtcdClient Client(params Uri[] endpoints) => new(new EtcdOptions { Endpoints = endpoints });

    private static Task<EtcdPutResult> PutAsync(EtcdClient client, string key) =>
        client.PutAsync(new EtcdPut(Text.Bytes(key), Text.Bytes("x")), CancellationToken.None);

    private static async Task<long> CountAsync(EtcdClient client) =>
        (await client.RangeAsync(new EtcdRange(EtcdKeys.All) { CountOnly = true }, CancellationToken.None)).Count;
}
