using Google.Protobuf;
using Kist.Wire.Etcd.Messages;

namespace Kist.Wire.Etcd;

/// <summary>Between Kist's types and etcd's messages. Bytes are lent, not copied.</summary>
internal static class EtcdCodec
{
    public static RangeRequest Encode(EtcdRange range) => new()
    {
        Key = Lend(range.Keys.From),
        RangeEnd = Lend(range.Keys.End),
        Limit = range.Limit,
        Revision = range.Revision,
        KeysOnly = range.KeysOnly,
        CountOnly = range.CountOnly,
        Serializable = range.Serializable,
    };

    public static PutRequest Encode(EtcdPut put) => new() { Key = Lend(put.Key), Value = Lend(put.Value), Lease = put.Lease, PrevKv = put.Previous };

    public static DeleteRangeRequest Encode(EtcdDelete delete) =>
        new() { Key = Lend(delete.Keys.From), RangeEnd = Lend(delete.Keys.End), PrevKv = delete.Previous };

    public static TxnRequest Encode(EtcdTransaction transaction)
    {
        var request = new TxnRequest();
        request.Compare.AddRange(transaction.Conditions.Select(Encode));
        request.Success.AddRange(transaction.Then.Select(Encode));
        request.Failure.AddRange(transaction.Else.Select(Encode));
        return request;
    }

    private static RequestOp Encode(EtcdOperation operation) => operation switch
    {
        EtcdRange range => new() { RequestRange = Encode(range) },
        EtcdPut put => new() { RequestPut = Encode(put) },
        EtcdDelete delete => new() { RequestDeleteRange = Encode(delete) },
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    private static Compare Encode(EtcdCondition condition)
    {
        var compare = new Compare
        {
            Key = Lend(condition.Key),
            Result = (Compare.Types.CompareResult)condition.Comparison,
            Target = (Compare.Types.CompareTarget)condition.Aspect,
        };
        switch (condition.Aspect)
        {
            case EtcdAspect.Version:
                compare.Version = condition.Number;
                break;
            case EtcdAspect.CreateRevision:
                compare.CreateRevision = condition.Number;
                break;
            case EtcdAspect.ModRevision:
                compare.ModRevision = condition.Number;
                break;
            case EtcdAspect.Lease:
                compare.Lease = condition.Number;
                break;
            default:
                compare.Value = Lend(condition.Bytes);
                break;
        }
        return compare;
    }

    public static EtcdRangeResult Decode(RangeResponse response) =>
        new(Revision(response.Header), [.. response.Kvs.Select(Decode)], response.Count, response.More);

    public static EtcdPutResult Decode(PutResponse response) => new(Revision(response.Header), response.PrevKv is { } previous ? Decode(previous) : null);

    public static EtcdDeleteResult Decode(DeleteRangeResponse response) =>
        new(Revision(response.Header), response.Deleted, [.. response.PrevKvs.Select(Decode)]);

    // The results inside a transaction have no revision of their own.
    public static EtcdTransactionResult Decode(TxnResponse response)
    {
        var revision = Revision(response.Header);
        return new(response.Succeeded, revision, [.. response.Responses.Select(r => Decode(r) with { Revision = revision })]);
    }

    public static EtcdKeyValue Decode(KeyValue kv) => new(kv.Key.Memory, kv.Value.Memory, kv.CreateRevision, kv.ModRevision, kv.Version, kv.Lease);

    private static EtcdResult Decode(ResponseOp response) => response.ResponseCase switch
    {
        ResponseOp.ResponseOneofCase.ResponseRange => Decode(response.ResponseRange),
        ResponseOp.ResponseOneofCase.ResponsePut => Decode(response.ResponsePut),
        ResponseOp.ResponseOneofCase.ResponseDeleteRange => Decode(response.ResponseDeleteRange),
        _ => throw new EtcdException(EtcdError.Refused, "etcd answered a transaction with something that was not asked for"),
    };

    public static ByteString Lend(ReadOnlyMemory<byte> bytes) => UnsafeByteOperations.UnsafeWrap(bytes);

    private static long Revision(ResponseHeader? header) => header?.Revision ?? 0;
}
