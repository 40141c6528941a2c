using System.Collections.Concurrent;
using Google.Protobuf;
using Kist.Wire.Etcd;
using Kist.Wire.Etcd.Messages;
using Kist.Wire.Grpc;

namespace Kist.Wire.Tests.Etcd;

/// <summary>Watches at members that drop, refuse or delay them.</summary>
public sealed class EtcdWatchFaultTests
{
    [Fact]
    public async Task Watch_goes_on_when_no_member_took_it_for_a_while()
    {
        await using var member = await ScriptedEtcd.StartAsync(new()
        {
            ["Watch"] = call => call.Number switch
            {
                1 => OpenAndEndAsync(call, GrpcStatusCode.Unavailable, "etcdserver: no leader"),
                < 5 => call.EndAsync(GrpcStatusCode.Unavailable, "etcdserver: no leader"),
                _ => OpenAndTellAsync(call, 7),
            },
        });
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [member.Endpoint] });
        await using var batches = Batches(client, 5);
        await OpensAsync(batches);
        await OpensAsync(batches);
        Assert.True(await batches.MoveNextAsync());
        Assert.Equal(7, batches.Current.Revision);
    }

    [Fact]
    public async Task Watch_that_no_member_takes_for_half_a_minute_ends()
    {
        var time = new ShiftedTime();
        await using var member = await ScriptedEtcd.StartAsync(new()
        {
            ["Watch"] = call =>
            {
                if (call.Number == 1)
                    return OpenAndEndAsync(call, GrpcStatusCode.Unavailable, "etcdserver: server stopped");
                if (call.Number == 3)
                    time.Shift(TimeSpan.FromSeconds(30));
                return call.EndAsync(GrpcStatusCode.Unavailable, "etcdserver: no leader");
            },
        });
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [member.Endpoint], Time = time });
        await using var batches = Batches(client, 5);
        await OpensAsync(batches);
        Assert.Equal(EtcdError.Unavailable, (await Assert.ThrowsAsync<EtcdException>(async () => await batches.MoveNextAsync())).Error);
        Assert.Equal(3, member.Calls("Watch"));
    }

    [Fact]
    public async Task Watch_that_its_member_cancelled_goes_on()
    {
        await using var member = await ScriptedEtcd.StartAsync(new()
        {
            ["Watch"] = call => call.Number == 1
                ? OpenAndEndAsync(call, GrpcStatusCode.Cancelled, "etcdserver: watch canceled")
                : OpenAndTellAsync(call, 7),
        });
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [member.Endpoint] });
        await using var batches = Batches(client, 5);
        await OpensAsync(batches);
        await OpensAsync(batches);
    }

    [Fact]
    public async Task Watch_from_now_on_begins_behind_a_revision_that_was_read()
    {
        // The second time, too: what happened before the member told its revision, and was not delivered, must not be skipped.
        var starts = new ConcurrentQueue<long>();
        await using var member = await ScriptedEtcd.StartAsync(new()
        {
            ["Range"] = call => call.AnswerAsync(new RangeResponse { Header = new ResponseHeader { Revision = 10 } }),
            ["Watch"] = async call =>
            {
                starts.Enqueue((await call.ReadAsync<WatchRequest>()).CreateRequest.StartRevision);
                if (call.Number == 1)
                    await OpenAndEndAsync(call, GrpcStatusCode.Unavailable, "etcdserver: server stopped");
                else
                    await OpenAndTellAsync(call, 11);
            },
        });
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [member.Endpoint] });
        await using var batches = Batches(client, 0);
        await OpensAsync(batches);
        await OpensAsync(batches);
        Assert.True(await batches.MoveNextAsync());
        Assert.Equal(11, batches.Current.Revision);
        Assert.Equal([11, 11], starts);
    }

    [Theory]
    [InlineData("rpc error: code = Unauthenticated desc = etcdserver: invalid auth token")]
    [InlineData("rpc error: code = InvalidArgument desc = etcdserver: revision of auth store is old")]
    [InlineData("rpc error: code = InvalidArgument desc = etcdserver: user name is empty")]
    [InlineData("rpc error: code = PermissionDenied desc = etcdserver: permission denied")]
    public async Task Watch_whose_token_has_expired_is_begun_with_a_new_one(string reason)
    {
        await using var member = await ScriptedEtcd.StartAsync(new()
        {
            ["Authenticate"] = call => call.AnswerAsync(new AuthenticateResponse { Token = $"token {call.Number}" }),
            ["Watch"] = async call =>
            {
                if (call.Header("token") == "token 2")
                    await OpenAndTellAsync(call, 7);
                else
                    await call.SendAsync(new WatchResponse { Created = true, Canceled = true, CancelReason = reason });
            },
        });
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [member.Endpoint], Credentials = new EtcdCredentials("root", "secret") });
        await using var batches = Batches(client, 5);
        await OpensAsync(batches);
    }

    [Theory]
    [InlineData("rpc error: code = PermissionDenied desc = etcdserver: permission denied", EtcdError.PermissionDenied, "etcd: permission denied")]
    [InlineData("rpc error: code = Nonsense desc = x", EtcdError.Refused, "etcd: rpc error: code = Nonsense desc = x")]
    [InlineData("rpc error: code = OK desc = x", EtcdError.Refused, "etcd: rpc error: code = OK desc = x")]
    [InlineData("mvcc: duplicate watch ID provided", EtcdError.Refused, "etcd: mvcc: duplicate watch ID provided")]
    [InlineData("", EtcdError.Refused, "etcd: the member ended the watch")]
    public async Task Watch_that_is_refused_ends_with_the_reason(string reason, EtcdError error, string message)
    {
        await using var member = await ScriptedEtcd.StartAsync(new()
        {
            ["Watch"] = call => call.SendAsync(new WatchResponse { Created = true, Canceled = true, CancelReason = reason }),
        });
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [member.Endpoint] });
        await using var batches = Batches(client, 5);
        var e = await Assert.ThrowsAsync<EtcdException>(async () => await batches.MoveNextAsync());
        Assert.Equal((error, message), (e.Error, e.Message));
    }

    private static IAsyncEnumerator<EtcdWatchBatch> Batches(EtcdClient client, long start) =>
        client.Watch(new EtcdWatch(EtcdKeys.All, start)).ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();

    private static async Task OpensAsync(IAsyncEnumerator<EtcdWatchBatch> batches)
    {
        Assert.True(await batches.MoveNextAsync());
        Assert.Equal(EtcdWatchKind.Opened, batches.Current.Kind);
    }

    private static async Task OpenAndEndAsync(ScriptedCall call, GrpcStatusCode status, string detail)
    {
        await call.OpenAsync(20);
        await call.EndAsync(status, detail);
    }

    private static async Task OpenAndTellAsync(ScriptedCall call, long revision)
    {
        await call.OpenAsync(20);
        var entry = new KeyValue { Key = ByteString.CopyFromUtf8("a"), ModRevision = revision };
        await call.SendAsync(new WatchResponse { Events = { new Event { Kv = entry } } });
        await call.HangAsync();
    }
}
