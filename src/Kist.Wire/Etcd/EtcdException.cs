namespace Kist.Wire.Etcd;

/// <summary>Why etcd did not do what was asked.</summary>
public enum EtcdError
{
    /// <summary>No member answered, or none can work now (no leader, shutting down).</summary>
    Unavailable,

    /// <summary>No answer came in time.</summary>
    TimedOut,

    /// <summary>The revision is gone: see <see cref="EtcdException.CompactRevision"/>.</summary>
    Compacted,

    /// <summary>The revision is yet to come.</summary>
    FutureRevision,

    /// <summary>The lease has expired or never was.</summary>
    LeaseNotFound,

    /// <summary>User and password, or the certificate, are not accepted.</summary>
    Unauthenticated,

    /// <summary>The user may not touch these keys.</summary>
    PermissionDenied,

    /// <summary>The database has reached its quota; etcd takes no writes until it is made smaller.</summary>
    NoSpace,

    /// <summary>The request is larger than etcd takes.</summary>
    RequestTooLarge,

    /// <summary>The answer is larger than <see cref="EtcdOptions.MaxReceiveBytes"/>, or than etcd sends.</summary>
    ResponseTooLarge,

    /// <summary>etcd, or a proxy before it, did not answer as asked for another reason, which the message gives.</summary>
    Refused,
}

/// <summary>etcd did not do what was asked. The message names the cause, and no key and no value.</summary>
public sealed class EtcdException : Exception
{
    /// <summary>With the cause.</summary>
    public EtcdException(EtcdError error, string message, bool mayHaveHappened = false, Exception? cause = null)
        : base(message, cause)
    {
        Error = error;
        MayHaveHappened = mayHaveHappened;
    }

    /// <summary>The kind.</summary>
    public EtcdError Error { get; }

    /// <summary>True when a write may have been carried out, although nobody confirmed it; false only when it certainly was not.</summary>
    public bool MayHaveHappened { get; }

    /// <summary>The oldest revision that a watch can start from after <see cref="EtcdError.Compacted"/>; 0 when etcd did not say.</summary>
    public long CompactRevision { get; init; }
}
