namespace Kist.Kubernetes.Kms;

/// <summary>How a plugin stands.</summary>
public enum KmsCondition
{
    /// <summary>The remote key has not answered yet: nothing can be encrypted, and decrypted only what it answers for.</summary>
    Starting,

    /// <summary>All is well.</summary>
    Serving,

    /// <summary>The remote key is out, or refuses since a short while; what is in memory serves on.</summary>
    Degraded,

    /// <summary>The remote key was never reached since start; the fallback key serves in its place, under its own key id.</summary>
    Fallback,

    /// <summary>The remote key refuses: Encrypt has ended.</summary>
    Refused,
}

/// <summary>The condition with its details, for health endpoints, metrics and logs.</summary>
/// <param name="Condition">The condition.</param>
/// <param name="KeyIdHash">The hash of the current key id; empty without one.</param>
/// <param name="Reason">Why it is not <see cref="KmsCondition.Serving"/>; else empty.</param>
/// <param name="CachedKeys">How many unwrapped local keys Decrypt can use.</param>
/// <param name="LocalKeyMade">When the current local key was made; null without one.</param>
/// <param name="LocalKeyUses">How often it encrypted.</param>
public sealed record KmsReport(
    KmsCondition Condition, string KeyIdHash, string Reason, int CachedKeys, DateTimeOffset? LocalKeyMade, long LocalKeyUses)
{
    /// <summary>Whether the fallback key could be read the last time; null without one, or before.</summary>
    public bool? FallbackUp { get; init; }

    /// <summary>True when Encrypt and Decrypt are answered.</summary>
    public bool IsReady => Condition is KmsCondition.Serving or KmsCondition.Degraded or KmsCondition.Fallback;
}
