using Kist.Wire.Grpc;

namespace Kist.Wire.Etcd;

/// <summary>What a failed call means for a client of etcd. etcd tells its errors apart by their text alone.</summary>
internal static class EtcdFaults
{
    private const string Prefix = "etcdserver: ";
    private const string NoLeader = Prefix + "no leader";

    /// <summary>True when another member may give a better answer, and asking it does no harm.</summary>
    public static bool MayAskAnother(GrpcException e, EtcdCallKind kind)
    {
        // A member without a leader refuses before it does anything: every call asks it to.
        if (e.Origin == GrpcOrigin.Unsent || e.Detail == NoLeader)
            return true;
        return kind != EtcdCallKind.Write && (e.Status is GrpcStatusCode.Unavailable or GrpcStatusCode.DeadlineExceeded || e.Origin == GrpcOrigin.Broken);
    }

    /// <summary>True when a new login may help. A watch says only that it is not permitted when its token has expired.</summary>
    public static bool MayNeedLogin(GrpcException e) =>
        e.Status is GrpcStatusCode.Unauthenticated or GrpcStatusCode.PermissionDenied
        || (e.Status == GrpcStatusCode.InvalidArgument && e.Detail is Prefix + "user name is empty" or Prefix + "revision of auth store is old");

    /// <summary>The error to show.</summary>
    public static EtcdException Explain(GrpcException e, EtcdCallKind kind)
    {
        var error = Kind(e);
        var lost = e.Origin is GrpcOrigin.Broken or GrpcOrigin.Local || error is EtcdError.Unavailable or EtcdError.TimedOut;
        return new EtcdException(error, Text(e), kind == EtcdCallKind.Write && lost && e.Origin != GrpcOrigin.Unsent && e.Detail != NoLeader, e);
    }

    private static EtcdError Kind(GrpcException e) => e switch
    {
        { Origin: GrpcOrigin.Local, Status: GrpcStatusCode.ResourceExhausted } => EtcdError.ResponseTooLarge,
        { Detail: Prefix + "mvcc: required revision has been compacted" } => EtcdError.Compacted,
        { Detail: Prefix + "mvcc: required revision is a future revision" } => EtcdError.FutureRevision,
        { Detail: Prefix + "mvcc: database space exceeded" } => EtcdError.NoSpace,
        { Detail: Prefix + "requested lease not found" } => EtcdError.LeaseNotFound,
        { Detail: Prefix + "request is too large" } => EtcdError.RequestTooLarge,
        // Beyond a second bound, gRPC itself refuses.
        { Origin: GrpcOrigin.Server, Status: GrpcStatusCode.ResourceExhausted } when e.Detail.Contains("larger than max", StringComparison.Ordinal) =>
            EtcdError.RequestTooLarge,
        { Detail: Prefix + "authentication failed, invalid user ID or password" } => EtcdError.Unauthenticated,
        { Status: GrpcStatusCode.Unauthenticated } => EtcdError.Unauthenticated,
        { Status: GrpcStatusCode.PermissionDenied } => EtcdError.PermissionDenied,
        { Status: GrpcStatusCode.DeadlineExceeded } => EtcdError.TimedOut,
        { Status: GrpcStatusCode.Unavailable } or { Origin: GrpcOrigin.Broken } => EtcdError.Unavailable,
        _ => EtcdError.Refused,
    };

    private static string Text(GrpcException e) => e switch
    {
        _ when e.Detail.StartsWith(Prefix, StringComparison.Ordinal) => $"etcd: {e.Detail[Prefix.Length..]}",
        { Origin: not GrpcOrigin.Server } => e.Detail,
        { Detail.Length: 0 } => $"etcd: {e.Status}",
        _ => $"etcd: {e.Detail}",
    };
}
