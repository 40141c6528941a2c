using Kist.Kubernetes.AtRest.Kms;

namespace Kist.Kubernetes.AtRest;

/// <summary>What differs between releases of the API server. The defaults are those since 1.29.</summary>
public sealed record AtRestOptions
{
    /// <summary>What KMS v2 wraps: a seed since 1.29, a data key before. The other form is read and stale.</summary>
    public DekSourceType DekSource { get; init; } = DekSourceType.Seed;

    /// <summary>How KMS v1 encrypts: AES-GCM since 1.25, AES-CBC before. The other form is read and stale.</summary>
    public KmsV1Body KmsV1Body { get; init; } = KmsV1Body.Gcm;
}
