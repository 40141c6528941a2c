using Kist.Wire.Grpc;

namespace Kist.Wire.Etcd;

/// <summary>What a failed call means for a client of etcd. etcd tells its errors apart by their text alone.</summary>
internal static class EtcdFaults
{
    private const string Prefix = "etcdserver: ";

    // A member that cannot work now says so with these before it does anything: without a leader, for every call asks it to; as a learner; and when
    // its own log did not take a proposal.
    private static readonly string[] NotBegun = [Prefix + "no leader", Prefix + "rpc not supported for learner", "raft proposal dropped"];

    // What etcd answers in place of doing what was asked. Any other status may come after the deed, from etcd or from a proxy before it.
    private static readonly GrpcStatusCode[] Refusals =
    [
        GrpcStatusCode.InvalidArgument, GrpcStatusCode.NotFound, GrpcStatusCode.AlreadyExists, GrpcStatusCode.PermissionDenied,
        GrpcStatusCode.ResourceExhausted, GrpcStatusCode.FailedPrecondition, GrpcStatusCode.OutOfRange, GrpcStatusCode.Unimplemented,
        GrpcStatusCode.DataLoss, GrpcStatusCode.Unauthenticated,
    ];

    /// <summary>True when another member may give a better answer, and asking it does no harm.</summary>
    public static bool MayAskAnother(GrpcException e, EtcdCallKind kind)
    {
        if (e.Origin == GrpcOrigin.Unsent || NotBegun.Contains(e.Detail))
            return true;
        return kind != EtcdCallKind.Write && (e.Status is GrpcStatusCode.Unavailable or GrpcStatusCode.DeadlineExceeded || e.Origin == GrpcOrigin.Broken);
    }

    /// <summary>True when a new login may help. Older etcds tell a watch whose token has expired only that it is not permitted.</summary>
    public static bool MayNeedLogin(GrpcException e, EtcdCallKind kind) =>
        e.Status == GrpcStatusCode.Unauthenticated
        || (e.Status == GrpcStatusCode.PermissionDenied && kind == EtcdCallKind.Watch)
        || (e.Status == GrpcStatusCode.InvalidArgument && e.Detail is Prefix + "user name is empty" or Prefix + "revision of auth store is old");

    /// <summary>The error to show.</summary>
    public static EtcdException Explain(GrpcException e, EtcdCallKind kind) =>
        new(Kind(e), Text(e), kind == EtcdCallKind.Write && MayHaveHappened(e), e);

    private static bool MayHaveHappened(GrpcException e) => e.Origin switch
    {
        GrpcOrigin.Unsent => false,
        GrpcOrigin.Server => !NotBegun.Contains(e.Detail) && !(Refusals.Contains(e.Status) && !IsAboutAnswer(e)),
        _ => true,
    };

    // gRPC bounds both ways with one status; an answer is too large only when there is one.
    private static bool IsAboutAnswer(GrpcException e) =>
        e.Status == GrpcStatusCode.ResourceExhausted && e.Detail.Contains("trying to send", StringComparison.OrdinalIgnoreCase);

    private static EtcdError Kind(GrpcException e) => e switch
    {
        _ when NotBegun.Contains(e.Detail) => EtcdError.Unavailable,
        { Origin: GrpcOrigin.Local, Status: GrpcStatusCode.ResourceExhausted } => EtcdError.ResponseTooLarge,
        { Detail: Prefix + "mvcc: required revision has been compacted" } => EtcdError.Compacted,
        { Detail: Prefix + "mvcc: required revision is a future revision" } => EtcdError.FutureRevision,
        { Detail: Prefix + "mvcc: database space exceeded" } => EtcdError.NoSpace,
        { Detail: Prefix + "requested lease not found" } => EtcdError.LeaseNotFound,
        { Detail: Prefix + "request is too large" } => EtcdError.RequestTooLarge,
        // Beyond a second bound, gRPC itself refuses.
        { Origin: GrpcOrigin.Server, Status: GrpcStatusCode.ResourceExhausted } when e.Detail.Contains("larger than max", StringComparison.Ordinal) =>
            IsAboutAnswer(e) ? EtcdError.ResponseTooLarge : EtcdError.RequestTooLarge,
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
