using Kist.Core;

namespace Kist.Auth.Kubernetes;

/// <summary>The method's failures. None holds anything of a token, nor where the API server is: whoever logs in is not known yet.</summary>
internal static class KubernetesFailures
{
    /// <summary>Before the mount has settings.</summary>
    public static Failure NoConfig { get; } = Failure.Invalid(
        "kubernetes.no_config", "could not load backend configuration: write the mount's config first");

    /// <summary>
    /// A token that the cluster does not vouch for, whatever the reason: forged, of another cluster, ended, or of an account or pod that is gone.
    /// </summary>
    public static Failure NotVouchedFor { get; } = new(
        FailureKind.Denied, "kubernetes.not_vouched_for", "permission denied: the cluster does not vouch for the token, or not for the role's audience");

    /// <summary>The caller's own token does not let it be reviewed.</summary>
    public static Failure CallerRefused { get; } = new(
        FailureKind.Denied, "kubernetes.caller_refused",
        "permission denied: the API server does not take the token, or its account may not review tokens (it needs the right to create tokenreviews)");

    /// <summary>The reviewer is not let in any more.</summary>
    public static Failure ReviewerRefused { get; } = Failure.Unavailable(
        "kubernetes.reviewer_refused", "no token can be judged: the API server refuses the reviewer; give the mount a good token_reviewer_jwt");

    /// <summary>The reviewer may not read namespaces.</summary>
    public static Failure NamespacesRefused { get; } = Failure.Unavailable(
        "kubernetes.namespaces_refused", "the labels of namespaces cannot be read: the reviewer needs the right to get namespaces");

    /// <summary>The API server does not answer.</summary>
    public static Failure Silent { get; } = Failure.Unavailable("kubernetes.unavailable", "the API server cannot be asked now; try again");

    /// <summary>Too many wait for the API server.</summary>
    public static Failure Busy { get; } = new(
        FailureKind.Throttled, "kubernetes.busy", "too many tokens wait for the API server at this moment; try again in a few seconds");

    /// <summary>A failure that only somebody sees whom the cluster vouches for.</summary>
    public static Failure Denied(string code, string why) => new(FailureKind.Denied, $"kubernetes.{code}", why);
}
