namespace Kist.Kubernetes.Kms;

/// <summary>The versions of the plugin interface, by the API servers that speak them.</summary>
public enum KmsApi
{
    /// <summary>Kubernetes 1.29 and later.</summary>
    V2,

    /// <summary>Kubernetes 1.27 and 1.28, which want this version in Status; later ones take it too.</summary>
    V2Beta1,

    /// <summary>Kubernetes 1.25 and 1.26, with the feature gate.</summary>
    V2Alpha1,

    /// <summary>KMS v1: Kubernetes 1.10 to 1.28, and later with the feature gate.</summary>
    V1Beta1,
}
