using Kist.Core;
using Kist.Wire.Kubernetes;

namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>Tells faults of one object from those of all.</summary>
internal static class RewriteFaults
{
    /// <summary>True when the next object would fail as this one did.</summary>
    public static bool EndsAll(KubeException e) =>
        e.Error is KubeError.Unavailable or KubeError.Credentials or KubeError.Unauthorized or KubeError.TooManyRequests;

    /// <summary>As a failure of the whole.</summary>
    public static Failure Explain(KubeException e) => e.Error switch
    {
        KubeError.Unauthorized or KubeError.Credentials => new Failure(FailureKind.Unauthenticated, "kubernetes.unauthenticated", e.Message),
        KubeError.Forbidden => new Failure(FailureKind.Denied, "kubernetes.forbidden", e.Message),
        _ => Failure.Unavailable("kubernetes.unavailable", e.Message),
    };
}
