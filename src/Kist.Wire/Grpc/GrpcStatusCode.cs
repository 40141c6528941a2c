namespace Kist.Wire.Grpc;

/// <summary>How a call ended, with gRPC's numbers.</summary>
public enum GrpcStatusCode
{
    /// <summary>Success.</summary>
    Ok = 0,

    /// <summary>The caller gave up.</summary>
    Cancelled = 1,

    /// <summary>No code fits, or the peer sent none that is known.</summary>
    Unknown = 2,

    /// <summary>The request is wrong whatever the state of the server.</summary>
    InvalidArgument = 3,

    /// <summary>The time ran out; the request may have been carried out.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>What should be made exists.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A bound was passed: a quota, a message's size.</summary>
    ResourceExhausted = 8,

    /// <summary>The server is not in a state for this request.</summary>
    FailedPrecondition = 9,

    /// <summary>The request lost against another one.</summary>
    Aborted = 10,

    /// <summary>Beyond what exists, such as a revision that is gone.</summary>
    OutOfRange = 11,

    /// <summary>The server does not know the method.</summary>
    Unimplemented = 12,

    /// <summary>A fault of the server, or a breach of the protocol.</summary>
    Internal = 13,

    /// <summary>The server cannot be reached or cannot work now.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or damaged.</summary>
    DataLoss = 15,

    /// <summary>The caller is not known.</summary>
    Unauthenticated = 16,
}
