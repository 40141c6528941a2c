using Kist.Wire.Etcd;
using Kist.Wire.Etcd.Messages;
using Kist.Wire.Grpc;
using Kist.Wire.Tests.Grpc;

namespace Kist.Wire.Tests.Etcd;

/// <summary>What is made of answers that a healthy etcd does not give.</summary>
public sealed class EtcdFaultTests
{
    [Theory]
    [InlineData(GrpcStatusCode.Cancelled, "etcdserver: request canceled", true)]
    [InlineData(GrpcStatusCode.Unknown, "context canceled", true)]
    [InlineData(GrpcStatusCode.Internal, "stream terminated by RST_STREAM", true)]
    [InlineData(GrpcStatusCode.Aborted, "", true)]
    [InlineData(GrpcStatusCode.Unavailable, "etcdserver: request timed out", true)]
    [InlineData(GrpcStatusCode.DeadlineExceeded, "context deadline exceeded", true)]
    [InlineData(GrpcStatusCode.ResourceExhausted, "grpc: trying to send message larger than max (5 vs. 4)", true)]
    [InlineData(GrpcStatusCode.Unavailable, "etcdserver: no leader", false)]
    [InlineData(GrpcStatusCode.Unknown, "raft proposal dropped", false)]
    [InlineData(GrpcStatusCode.Unavailable, "etcdserver: rpc not supported for learner", false)]
    [InlineData(GrpcStatusCode.ResourceExhausted, "grpc: received message larger than max (5 vs. 4)", false)]
    [InlineData(GrpcStatusCode.ResourceExhausted, "etcdserver: mvcc: database space exceeded", false)]
    [InlineData(GrpcStatusCode.InvalidArgument, "etcdserver: key is not provided", false)]
    [InlineData(GrpcStatusCode.NotFound, "etcdserver: requested lease not found", false)]
    [InlineData(GrpcStatusCode.AlreadyExists, "", false)]
    [InlineData(GrpcStatusCode.FailedPrecondition, "etcdserver: not capable", false)]
    [InlineData(GrpcStatusCode.OutOfRange, "etcdserver: mvcc: required revision has been compacted", false)]
    [InlineData(GrpcStatusCode.PermissionDenied, "etcdserver: permission denied", false)]
    [InlineData(GrpcStatusCode.Unauthenticated, "etcdserver: invalid auth token", false)]
    [InlineData(GrpcStatusCode.Unimplemented, "", false)]
    [InlineData(GrpcStatusCode.DataLoss, "etcdserver: corrupt cluster", false)]
    public async Task Write_has_certainly_not_happened_only_when_etcd_refused_it(GrpcStatusCode status, string detail, bool mayHaveHappened)
    {
        await using var member = await ScriptedEtcd.StartAsync(new() { ["Put"] = call => call.EndAsync(status, detail) });
        using var client = Client(member);
        Assert.Equal(mayHaveHappened, (await Assert.ThrowsAsync<EtcdException>(() => PutAsync(client))).MayHaveHappened);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(500)]
    [InlineData(502)]
    public async Task Write_that_a_proxy_lost_the_answer_of_may_have_happened(int http)
    {
        await using var member = await ScriptedEtcd.StartAsync(new()
        {
            ["Put"] = call => call.EndWithHttpAsync(http),
            ["Range"] = call => call.EndWithHttpAsync(http),
        });
        using var client = Client(member);
        Assert.True((await Assert.ThrowsAsync<EtcdException>(() => PutAsync(client))).MayHaveHappened);
        var read = await Assert.ThrowsAsync<EtcdException>(() => client.RangeAsync(new EtcdRange(EtcdKeys.All), CancellationToken.None));
        Assert.False(read.MayHaveHappened);
    }

    [Theory]
    [InlineData(GrpcStatusCode.FailedPrecondition, "etcdserver: rpc not supported for learner")]
    [InlineData(GrpcStatusCode.Unknown, "raft proposal dropped")]
    [InlineData(GrpcStatusCode.Unavailable, "etcdserver: no leader")]
    public async Task Member_that_cannot_begin_is_left_for_another(GrpcStatusCode status, string detail)
    {
        await using var useless = await ScriptedEtcd.StartAsync(new()
        {
            ["Put"] = call => call.EndAsync(status, detail),
            ["Watch"] = call => call.EndAsync(status, detail),
        });
        await using var other = await ScriptedEtcd.StartAsync(new() { ["Put"] = Put, ["Watch"] = Watch });
        using (var client = Client(useless, other))
            await PutAsync(client);
        using (var client = Client(useless, other))
        {
            await using var batches = client.Watch(new EtcdWatch(EtcdKeys.All, 1)).ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();
            Assert.True(await batches.MoveNextAsync());
        }
        Assert.Equal((1, 1), (useless.Calls("Put"), useless.Calls("Watch")));

        using var alone = Client(useless);
        var e = await Assert.ThrowsAsync<EtcdException>(() => PutAsync(alone));
        Assert.Equal((EtcdError.Unavailable, false), (e.Error, e.MayHaveHappened));
    }

    [Fact]
    public async Task Member_that_takes_calls_and_says_nothing_is_left_when_the_caller_has_lost_patience()
    {
        var time = new ShiftedTime();
        var hangs = new SemaphoreSlim(0);
        await using var hanging = await ScriptedEtcd.StartAsync(new()
        {
            ["Put"] = call =>
            {
                hangs.Release();
                return call.HangAsync();
            },
        });
        await using var other = await ScriptedEtcd.StartAsync(new() { ["Put"] = Put });
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [hanging.Endpoint, other.Endpoint], Time = time });

        // A caller in a hurry says nothing about the member.
        foreach (var patience in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(2) })
        {
            using var leaving = new CancellationTokenSource();
            var put = client.PutAsync(new EtcdPut(Text.Bytes("a"), Text.Bytes("x")), leaving.Token);
            await hangs.WaitAsync();
            time.Shift(patience);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
        }
        await PutAsync(client);
        Assert.Equal((2, 1), (hanging.Calls("Put"), other.Calls("Put")));
    }

    [Fact]
    public async Task Call_that_ended_before_its_message_could_be_sent_ends_with_what_the_member_said()
    {
        // Without room for a message, nothing is sent before the end has come; the first call lets the client learn of it.
        await using var member = RawServer.Start(new RawEnd("14", "etcdserver: no leader"));
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [member.Address] });
        await Assert.ThrowsAsync<EtcdException>(() => client.RangeAsync(new EtcdRange(EtcdKeys.All), CancellationToken.None));

        var renewed = await Assert.ThrowsAsync<EtcdException>(() => client.RenewLeaseAsync(7, CancellationToken.None));
        var watched = await Assert.ThrowsAsync<EtcdException>(async () =>
        {
            await using var batches = client.Watch(new EtcdWatch(EtcdKeys.All, 1)).ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();
            await batches.MoveNextAsync();
        });
        Assert.All([renewed, watched], e =>
        {
            Assert.Equal(EtcdError.Unavailable, e.Error);
            Assert.Contains("no leader", e.Message);
        });
    }

    [Fact]
    public async Task Compaction_that_is_waited_for_has_no_deadline()
    {
        var deadlines = new List<string?>();
        await using var member = await ScriptedEtcd.StartAsync(new()
        {
            ["Compact"] = call =>
            {
                deadlines.Add(call.Header("grpc-timeout"));
                return call.AnswerAsync(new CompactionResponse());
            },
        });
        using var client = Client(member);
        await client.CompactAsync(1, physical: false, CancellationToken.None);
        await client.CompactAsync(1, physical: true, CancellationToken.None);
        Assert.Equal(["10000000u", null], deadlines);
    }

    private static Task Put(ScriptedCall call) => call.AnswerAsync(new PutResponse { Header = new ResponseHeader { Revision = 2 } });

    private static async Task Watch(ScriptedCall call)
    {
        await call.OpenAsync(1);
        await call.HangAsync();
    }

    private static EtcdClient Client(params ScriptedEtcd[] members) => new(new EtcdOptions { Endpoints = [.. members.Select(m => m.Endpoint)] });

    private static Task<EtcdPutResult> PutAsync(EtcdClient client) =>
        client.PutAsync(new EtcdPut(Text.Bytes("a"), Text.Bytes("x")), CancellationToken.None);
}
