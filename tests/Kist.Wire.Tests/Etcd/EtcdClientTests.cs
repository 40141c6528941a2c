using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using Kist.Wire.Etcd;
using Kist.Wire.Grpc;

namespace Kist.Wire.Tests.Etcd;

[Collection(SharedEtcdCollection.Name)]
public sealed class EtcdClientTests(SharedEtcd etcd)
{
    private readonly string prefix = $"/client/{Guid.NewGuid():N}/";

    private EtcdClient Client => etcd.Client;

    [FactNeedingEtcd]
    public async Task Written_key_is_read_with_its_revisions()
    {
        var first = await PutAsync("a", "one");
        var second = await Client.PutAsync(new EtcdPut(Key("a"), Text.Bytes("two")) { Previous = true }, CancellationToken.None);

        var read = await Client.RangeAsync(new EtcdRange(EtcdKeys.One(Key("a"))), CancellationToken.None);
        var entry = Assert.Single(read.Entries);
        Assert.Equal((prefix + "a", "two"), (Text.Of(entry.Key), Text.Of(entry.Value)));
        Assert.Equal((first.Revision, second.Revision, 2, 0), (entry.CreateRevision, entry.ModRevision, entry.Version, entry.Lease));
        Assert.Equal("one", Text.Of(second.Previous!.Value));
        Assert.True(read.Revision >= second.Revision);
    }

    [FactNeedingEtcd]
    public async Task What_etcdctl_writes_is_read_and_the_other_way_round()
    {
        await etcd.Server.ControlAsync("put", prefix + "theirs", "by etcdctl");
        await PutAsync("ours", "by Kist");
        Assert.Equal("by etcdctl", await ReadAsync("theirs"));
        Assert.Equal("by Kist", (await etcd.Server.ControlAsync("get", "--print-value-only", prefix + "ours")).Trim());
    }

    [FactNeedingEtcd]
    public async Task Values_are_any_bytes()
    {
        var value = RandomNumberGenerator.GetBytes(1_000_000);
        await Client.PutAsync(new EtcdPut(Key("bytes"), value), CancellationToken.None);
        var read = await Client.RangeAsync(new EtcdRange(EtcdKeys.One(Key("bytes"))), CancellationToken.None);
        Assert.Equal(value, read.Entries[0].Value);
    }

    [FactNeedingEtcd]
    public async Task Range_has_a_limit_counts_all_and_reads_the_past()
    {
        foreach (var name in new[] { "r/1", "r/2", "r/3" })
            await PutAsync(name, "old");
        var then = (await PutAsync("r/4", "old")).Revision;
        await PutAsync("r/1", "new");

        var limited = await Client.RangeAsync(new EtcdRange(EtcdKeys.Prefix(Key("r/"))) { Limit = 2 }, CancellationToken.None);
        Assert.Equal((2, 4, true), (limited.Entries.Count, limited.Count, limited.More));
        var keysOnly = await Client.RangeAsync(new EtcdRange(EtcdKeys.Prefix(Key("r/"))) { KeysOnly = true }, CancellationToken.None);
        Assert.All(keysOnly.Entries, e => Assert.True(e.Value.IsEmpty));
        var counted = await Client.RangeAsync(new EtcdRange(EtcdKeys.Prefix(Key("r/"))) { CountOnly = true }, CancellationToken.None);
        Assert.Equal((0, 4), (counted.Entries.Count, counted.Count));
        var past = await Client.RangeAsync(new EtcdRange(EtcdKeys.One(Key("r/1"))) { Revision = then }, CancellationToken.None);
        Assert.Equal("old", Text.Of(past.Entries[0].Value));
        var between = await Client.RangeAsync(new EtcdRange(EtcdKeys.Between(Key("r/2"), Key("r/4"))), CancellationToken.None);
        Assert.Equal(2, between.Count);
    }

    [FactNeedingEtcd]
    public async Task Revision_that_is_yet_to_come_is_refused()
    {
        var e = await Assert.ThrowsAsync<EtcdException>(
            () => Client.RangeAsync(new EtcdRange(EtcdKeys.One(Key("x"))) { Revision = long.MaxValue }, CancellationToken.None));
        Assert.Equal(EtcdError.FutureRevision, e.Error);
    }

    [FactNeedingEtcd]
    public async Task Deletion_answers_how_many_and_what()
    {
        await PutAsync("d/1", "a");
        await PutAsync("d/2", "b");
        var deleted = await Client.DeleteAsync(new EtcdDelete(EtcdKeys.Prefix(Key("d/"))) { Previous = true }, CancellationToken.None);
        Assert.Equal(2, deleted.Deleted);
        Assert.Equal(["a", "b"], deleted.Previous.Select(p => Text.Of(p.Value)));
        Assert.Equal(0, (await Client.DeleteAsync(new EtcdDelete(EtcdKeys.One(Key("d/1"))), CancellationToken.None)).Deleted);
    }

    [FactNeedingEtcd]
    public async Task Transaction_is_carried_out_when_its_conditions_hold()
    {
        var written = await PutAsync("t/1", "one");
        var transaction = new EtcdTransaction(
            [
                EtcdCondition.ModRevision(Key("t/1"), EtcdComparison.Equal, written.Revision),
                EtcdCondition.CreateRevision(Key("t/1"), EtcdComparison.Greater, 0),
                EtcdCondition.Version(Key("t/1"), EtcdComparison.Less, 2),
                EtcdCondition.Value(Key("t/1"), EtcdComparison.NotEqual, Text.Bytes("two")),
                EtcdCondition.Lease(Key("t/1"), EtcdComparison.Equal, 0),
                EtcdCondition.Absent(Key("t/2")),
            ],
            [new EtcdPut(Key("t/2"), Text.Bytes("made")), new EtcdDelete(EtcdKeys.One(Key("t/1"))), new EtcdRange(EtcdKeys.Prefix(Key("t/")))],
            []);

        var result = await Client.TransactAsync(transaction, CancellationToken.None);
        Assert.True(result.Succeeded);
        Assert.Equal(result.Revision, Assert.IsType<EtcdPutResult>(result.Results[0]).Revision);
        Assert.Equal(1, Assert.IsType<EtcdDeleteResult>(result.Results[1]).Deleted);
        Assert.Equal("made", Text.Of(Assert.Single(Assert.IsType<EtcdRangeResult>(result.Results[2]).Entries).Value));
    }

    [FactNeedingEtcd]
    public async Task Transaction_takes_its_other_branch_when_a_condition_fails()
    {
        await PutAsync("c", "kept");
        var result = await Client.TransactAsync(
            new EtcdTransaction([EtcdCondition.Absent(Key("c"))], [new EtcdPut(Key("c"), Text.Bytes("lost"))], [new EtcdRange(EtcdKeys.One(Key("c")))]),
            CancellationToken.None);
        Assert.False(result.Succeeded);
        Assert.Equal("kept", Text.Of(Assert.IsType<EtcdRangeResult>(Assert.Single(result.Results)).Entries[0].Value));
    }

    [FactNeedingEtcd]
    public async Task Request_larger_than_etcd_takes_is_told_apart()
    {
        foreach (var bytes in new[] { 1_600_000, 4_000_000 })
        {
            var e = await Assert.ThrowsAsync<EtcdException>(() => Client.PutAsync(new EtcdPut(Key("big"), new byte[bytes]), CancellationToken.None));
            Assert.Equal((EtcdError.RequestTooLarge, false), (e.Error, e.MayHaveHappened));
        }
    }

    [FactNeedingEtcd]
    public async Task Answer_larger_than_the_bound_is_told_apart()
    {
        await Client.PutAsync(new EtcdPut(Key("answer"), new byte[100_000]), CancellationToken.None);
        using var small = new EtcdClient(new EtcdOptions { Endpoints = [etcd.Server.Endpoint], MaxReceiveBytes = 50_000 });
        var e = await Assert.ThrowsAsync<EtcdException>(() => small.RangeAsync(new EtcdRange(EtcdKeys.One(Key("answer"))), CancellationToken.None));
        Assert.Equal(EtcdError.ResponseTooLarge, e.Error);
    }

    [FactNeedingEtcd]
    public async Task Lease_keeps_its_keys_until_it_ends()
    {
        var lease = await Client.GrantLeaseAsync(TimeSpan.FromSeconds(59.5), CancellationToken.None);
        Assert.Equal(TimeSpan.FromSeconds(60), lease.Duration);
        await Client.PutAsync(new EtcdPut(Key("leased"), Text.Bytes("x")) { Lease = lease.Id }, CancellationToken.None);
        Assert.Equal(TimeSpan.FromSeconds(60), await Client.RenewLeaseAsync(lease.Id, CancellationToken.None));
        var entry = (await Client.RangeAsync(new EtcdRange(EtcdKeys.One(Key("leased"))), CancellationToken.None)).Entries[0];
        Assert.Equal(lease.Id, entry.Lease);

        await Client.RevokeLeaseAsync(lease.Id, CancellationToken.None);
        Assert.Null(await ReadAsync("leased"));
        var renewed = await Assert.ThrowsAsync<EtcdException>(() => Client.RenewLeaseAsync(lease.Id, CancellationToken.None));
        var revoked = await Assert.ThrowsAsync<EtcdException>(() => Client.RevokeLeaseAsync(lease.Id, CancellationToken.None));
        var put = await Assert.ThrowsAsync<EtcdException>(
            () => Client.PutAsync(new EtcdPut(Key("leased"), Text.Bytes("x")) { Lease = lease.Id }, CancellationToken.None));
        Assert.All([renewed, revoked, put], e => Assert.Equal((EtcdError.LeaseNotFound, false), (e.Error, e.MayHaveHappened)));
    }

    [FactNeedingEtcd]
    public async Task Status_tells_version_sizes_and_leader()
    {
        var status = await Client.StatusAsync(etcd.Server.Endpoint, CancellationToken.None);
        Assert.StartsWith("3.", status.Version);
        Assert.True(status.DatabaseBytes >= status.UsedBytes && status.UsedBytes > 0 && status.Revision > 0);
        Assert.Equal((status.LeaderId, false), (status.MemberId, status.IsLearner));
        Assert.Empty(status.Errors);
        await Assert.ThrowsAsync<ArgumentException>(() => Client.StatusAsync(new Uri("http://elsewhere"), CancellationToken.None));
    }

    [FactNeedingEtcd]
    public async Task Cancelled_request_ends_by_cancellation()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client.RangeAsync(new EtcdRange(EtcdKeys.All), cancelled.Token));
    }

    [FactNeedingEtcd]
    public async Task Method_that_etcd_does_not_know_is_unimplemented()
    {
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = etcd.Server.Endpoint });
        var e = await Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync(
            new GrpcMethod<Empty, Empty>("etcdserverpb.KV/Guess"), new Empty(), GrpcCallOptions.Default, CancellationToken.None));
        Assert.Equal((GrpcStatusCode.Unimplemented, GrpcOrigin.Server), (e.Status, e.Origin));
    }

    [FactNeedingEtcd]
    public async Task Deadline_that_etcd_learns_of_ends_the_call()
    {
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = etcd.Server.Endpoint });
        var e = await Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync(
            new GrpcMethod<Empty, Empty>("etcdserverpb.KV/Range"), new Empty(), new GrpcCallOptions { Timeout = TimeSpan.FromTicks(1) }, CancellationToken.None));
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, e.Status);
    }

    private ReadOnlyMemory<byte> Key(string name) => Text.Bytes(prefix + name);

    private Task<EtcdPutResult> PutAsync(string name, string value) => Client.PutAsync(new EtcdPut(Key(name), Text.Bytes(value)), CancellationToken.None);

    private async Task<string?> ReadAsync(string name) =>
        (await Client.RangeAsync(new EtcdRange(EtcdKeys.One(Key(name))), CancellationToken.None)).Entries is [var entry] ? Text.Of(entry.Value) : null;
}
