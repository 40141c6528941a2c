namespace Kist.Kubernetes.AtRest.Kms;

/// <summary>What a KMS v2 plugin wrapped.</summary>
public enum DekSourceType
{
    /// <summary>The AES-GCM key itself (API servers 1.25 to 1.28).</summary>
    Key = 0,

    /// <summary>A seed from which each write derives its key (since 1.29).</summary>
    Seed = 1,
}

/// <summary>How a KMS v1 data key encrypts.</summary>
public enum KmsV1Body
{
    /// <summary>AES-CBC without authentication (API servers up to 1.24).</summary>
    Cbc,

    /// <summary>AES-GCM, bound to the key in etcd (since 1.25).</summary>
    Gcm,
}
