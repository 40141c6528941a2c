using Kist.Core;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>What becomes of a remote key's failures.</summary>
public static class RemoteFailures
{
    /// <summary>True when nobody decided against the request: the network, a time that ran out, a sealed or overloaded server.</summary>
    public static bool IsOutage(Failure failure) => failure.Kind
        is FailureKind.Unavailable or FailureKind.Sealed or FailureKind.Throttled or FailureKind.NotInitialized or FailureKind.NotYetConsistent
        or FailureKind.Internal;

    /// <summary>No answer.</summary>
    public static Failure Out(string message) => Failure.Unavailable("kms.remote_unavailable", message);

    /// <summary>
    /// An answer that is not the key's: a proxy in front of it, or whoever has its address, answers 403 or 404 for all that it does not know. It says nothing about
    /// what the key would, so it is no refusal.
    /// </summary>
    public static Failure NotFromIt(string message) => Out($"{message}; it is no answer of the key's own: does something else answer at its address?");

    /// <summary>An answer that says no.</summary>
    public static Failure Refused(string message) => new(FailureKind.Denied, "kms.remote_refused", message);

    /// <summary>The wrapped key is not what this key wrapped.</summary>
    public static Failure NotOurs(string message) => Failure.Invalid("kms.remote_unknown", message);
}
