namespace Kist.Kubernetes.AtRest;

/// <summary>Why the API server writes an object anew at the next write request on it, even when nothing else changes. Reading never does.</summary>
[Flags]
public enum StaleReasons
{
    /// <summary>It is as the API server would write it now.</summary>
    None = 0,

    /// <summary>The provider that decrypted it is not the first of the resource's list.</summary>
    LaterProvider = 1,

    /// <summary>The key that decrypted it is not the first of its provider.</summary>
    LaterKey = 2,

    /// <summary>KMS v1: the body is in the form that this release does not write.</summary>
    KmsV1Body = 4,

    /// <summary>KMS v2: the plugin's key id is another one now.</summary>
    KmsKeyId = 8,

    /// <summary>KMS v2: it has a data key where this release writes a seed, or the reverse.</summary>
    KmsDekSource = 16,
}
