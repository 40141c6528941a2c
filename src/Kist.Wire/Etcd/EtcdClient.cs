using System.Runtime.CompilerServices;
using Kist.Wire.Etcd.Messages;
using Kist.Wire.Grpc;

namespace Kist.Wire.Etcd;

/// <summary>
/// A client of etcd's v3 API. Safe for many threads. Reads go on at another member when one fails; a write does only when the first has certainly
/// not seen it. Every method throws <see cref="EtcdException"/> when etcd does not answer or refuses.
/// </summary>
public sealed class EtcdClient : IDisposable
{
    private readonly EtcdOptions options;
    private readonly EtcdMembers members;

    /// <summary>Makes a client; connects with the first request.</summary>
    /// <exception cref="ArgumentException">There is no endpoint, or one is no address of etcd.</exception>
    public EtcdClient(EtcdOptions options)
    {
        this.options = options;
        members = new EtcdMembers(options);
    }

    /// <summary>Reads keys.</summary>
    public async Task<EtcdRangeResult> RangeAsync(EtcdRange range, CancellationToken cancellationToken) =>
        EtcdCodec.Decode(await members.CallAsync(EtcdMethods.Range, EtcdCodec.Encode(range), EtcdCallKind.Read, cancellationToken));

    /// <summary>Reads any number of keys as of one revision, page by page with bounded memory.</summary>
    public IAsyncEnumerable<EtcdPage> ScanAsync(EtcdScan scan, CancellationToken cancellationToken) => EtcdPager.ReadAsync(this, scan, cancellationToken);

    /// <summary>Writes a key.</summary>
    public async Task<EtcdPutResult> PutAsync(EtcdPut put, CancellationToken cancellationToken) =>
        EtcdCodec.Decode(await members.CallAsync(EtcdMethods.Put, EtcdCodec.Encode(put), EtcdCallKind.Write, cancellationToken));

    /// <summary>Deletes keys; that none is there is no error.</summary>
    public async Task<EtcdDeleteResult> DeleteAsync(EtcdDelete delete, CancellationToken cancellationToken) =>
        EtcdCodec.Decode(await members.CallAsync(EtcdMethods.DeleteRange, EtcdCodec.Encode(delete), EtcdCallKind.Write, cancellationToken));

    /// <summary>Carries out a transaction.</summary>
    public async Task<EtcdTransactionResult> TransactAsync(EtcdTransaction transaction, CancellationToken cancellationToken) =>
        EtcdCodec.Decode(await members.CallAsync(EtcdMethods.Txn, EtcdCodec.Encode(transaction), transaction.ReadsOnly ? EtcdCallKind.Read : EtcdCallKind.Write, cancellationToken));

    /// <summary>Forgets all states before <paramref name="revision"/>: what was overwritten or deleted by then is gone.</summary>
    /// <param name="revision">The oldest state that can still be read afterwards.</param>
    /// <param name="physical">Waits until the old states have left the database, not only its index, for as long as that takes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task CompactAsync(long revision, bool physical, CancellationToken cancellationToken) =>
        members.AskAsync(
            (channel, call) => channel.UnaryAsync(
                EtcdMethods.Compact,
                new CompactionRequest { Revision = revision, Physical = physical },
                call with { Timeout = physical ? null : options.RequestTimeout },
                cancellationToken),
            EtcdCallKind.Write,
            cancellationToken);

    /// <summary>Watches keys; nothing is sent before the first batch is asked for.</summary>
    public EtcdWatcher Watch(EtcdWatch watch) => new(members, options, watch);

    /// <summary>Makes a lease, whose keys are deleted when it is not renewed in time.</summary>
    /// <param name="duration">Rounded up to seconds; etcd has a minimum of its own.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<EtcdLease> GrantLeaseAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        // Asked twice, the first lease has no keys and expires.
        var request = new LeaseGrantRequest { TTL = (long)Math.Ceiling(duration.TotalSeconds) };
        var response = await members.CallAsync(EtcdMethods.LeaseGrant, request, EtcdCallKind.Read, cancellationToken);
        return response.Error.Length == 0
            ? new EtcdLease(response.ID, TimeSpan.FromSeconds(response.TTL))
            : throw new EtcdException(EtcdError.Refused, $"etcd: {response.Error}");
    }

    /// <summary>Renews a lease and answers how long it now lasts.</summary>
    /// <exception cref="EtcdException"><see cref="EtcdError.LeaseNotFound"/>: it has expired.</exception>
    public async Task<TimeSpan> RenewLeaseAsync(long lease, CancellationToken cancellationToken)
    {
        var response = await members.AskAsync((channel, call) => RenewAsync(channel, call, lease, cancellationToken), EtcdCallKind.Read, cancellationToken);
        return response.TTL > 0
            ? TimeSpan.FromSeconds(response.TTL)
            : throw new EtcdException(EtcdError.LeaseNotFound, "etcd: requested lease not found");
    }

    /// <summary>Ends a lease and deletes its keys.</summary>
    public Task RevokeLeaseAsync(long lease, CancellationToken cancellationToken) =>
        members.CallAsync(EtcdMethods.LeaseRevoke, new LeaseRevokeRequest { ID = lease }, EtcdCallKind.Write, cancellationToken);

    /// <summary>The state of one member, of whatever use it is.</summary>
    /// <param name="endpoint">One of <see cref="EtcdOptions.Endpoints"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<EtcdStatus> StatusAsync(Uri endpoint, CancellationToken cancellationToken)
    {
        var status = await members.CallOneAsync(EtcdMethods.Status, new StatusRequest(), endpoint, cancellationToken);
        return new EtcdStatus(
            status.Version, status.Header?.Revision ?? 0, status.DbSize, status.DbSizeInUse, status.Header?.MemberId ?? 0, status.Leader, status.IsLearner,
            [.. status.Errors]);
    }

    /// <summary>
    /// A copy of one member's database in parts, in order: what <c>etcdctl snapshot save</c> writes to its file, the digest at its end included.
    /// Another member is asked only before the first part.
    /// </summary>
    public async IAsyncEnumerable<EtcdSnapshotPart> SnapshotAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var parts = await members.AskAsync(
            (channel, call) => BeginAsync(channel.StreamAsync(EtcdMethods.Snapshot, new SnapshotRequest(), call, cancellationToken)),
            EtcdCallKind.Inspection,
            cancellationToken);
        do
        {
            yield return new EtcdSnapshotPart(parts.Current.Blob.Memory, (long)Math.Min(parts.Current.RemainingBytes, long.MaxValue));
        }
        while (await NextAsync(parts));
    }

    /// <summary>Ends all requests and connections.</summary>
    public void Dispose() => members.Dispose();

    private async Task<LeaseKeepAliveResponse> RenewAsync(GrpcChannel channel, GrpcCallOptions call, long lease, CancellationToken cancellationToken)
    {
        using var renewing = channel.Open(EtcdMethods.LeaseKeepAlive, call with { Timeout = options.RequestTimeout }, cancellationToken);
        return await renewing.AskAsync(new LeaseKeepAliveRequest { ID = lease }, cancellationToken)
            ?? throw new GrpcException(GrpcStatusCode.Unavailable, "the member ended the renewal of a lease without an answer", GrpcOrigin.Broken);
    }

    private static async Task<IAsyncEnumerator<SnapshotResponse>> BeginAsync(IAsyncEnumerable<SnapshotResponse> parts)
    {
        var begun = parts.GetAsyncEnumerator(CancellationToken.None);
        try
        {
            if (await begun.MoveNextAsync())
                return begun;
            throw new GrpcException(GrpcStatusCode.Unavailable, "the member sent an empty snapshot", GrpcOrigin.Broken);
        }
        catch
        {
            await begun.DisposeAsync();
            throw;
        }
    }

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<SnapshotResponse> parts)
    {
        try
        {
            return await parts.MoveNextAsync();
        }
        catch (GrpcException e)
        {
            throw EtcdFaults.Explain(e, EtcdCallKind.Inspection);
        }
    }
}

/// <summary>A lease.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Duration">How long it lasts from when it was made.</param>
public sealed record EtcdLease(long Id, TimeSpan Duration);

/// <summary>The state of one member.</summary>
/// <param name="Version">etcd's version.</param>
/// <param name="Revision">The store's revision, as far as the member knows.</param>
/// <param name="DatabaseBytes">Size of the database file.</param>
/// <param name="UsedBytes">Size of what is in use of it.</param>
/// <param name="MemberId">Names the member.</param>
/// <param name="LeaderId">The leader that it follows; 0 for none.</param>
/// <param name="IsLearner">True for a member without a vote.</param>
/// <param name="Errors">Alarms and faults, such as a full database.</param>
public sealed record EtcdStatus(
    string Version, long Revision, long DatabaseBytes, long UsedBytes, ulong MemberId, ulong LeaderId, bool IsLearner, IReadOnlyList<string> Errors);

/// <summary>A part of a snapshot.</summary>
/// <param name="Bytes">The bytes.</param>
/// <param name="Remaining">How many of the database follow, as the member knows; the digest is not counted.</param>
public sealed record EtcdSnapshotPart(ReadOnlyMemory<byte> Bytes, long Remaining);
