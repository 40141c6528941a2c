using System.Text;

namespace Kist.Kubernetes.AtRest;

/// <summary>The ways in which an API server can store a value.</summary>
public enum ProviderKind
{
    /// <summary>In plaintext.</summary>
    Identity,

    /// <summary>AES-CBC with PKCS#7 padding: no integrity, not bound to its key in etcd.</summary>
    AesCbc,

    /// <summary>AES-GCM, bound to its key in etcd.</summary>
    AesGcm,

    /// <summary>XSalsa20 with Poly1305, not bound to its key in etcd.</summary>
    Secretbox,

    /// <summary>A data key for each write, wrapped by a KMS plugin of the first version.</summary>
    KmsV1,

    /// <summary>A seed or data key for each API server, wrapped by a KMS plugin of the second version.</summary>
    KmsV2,
}

/// <summary>Names and prefixes of the kinds.</summary>
public static class ProviderKinds
{
    /// <summary>How every encrypted value starts. Anything else is plaintext.</summary>
    public const string EncryptedPrefix = "k8s:enc:";

    internal static readonly byte[] EncryptedPrefixBytes = Encoding.ASCII.GetBytes(EncryptedPrefix);

    private static readonly ProviderKind[] Encrypting =
        [ProviderKind.AesCbc, ProviderKind.AesGcm, ProviderKind.Secretbox, ProviderKind.KmsV1, ProviderKind.KmsV2];

    /// <summary>The kind's name in reports: as in the configuration file, with the version for a KMS.</summary>
    public static string Name(this ProviderKind kind) => kind switch
    {
        ProviderKind.Identity => "identity",
        ProviderKind.AesCbc => "aescbc",
        ProviderKind.AesGcm => "aesgcm",
        ProviderKind.Secretbox => "secretbox",
        ProviderKind.KmsV1 => "kms-v1",
        ProviderKind.KmsV2 => "kms-v2",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>What stands before the key's or provider's name; empty for identity.</summary>
    public static string Prefix(this ProviderKind kind) => kind switch
    {
        ProviderKind.Identity => "",
        ProviderKind.AesCbc => EncryptedPrefix + "aescbc:v1:",
        ProviderKind.AesGcm => EncryptedPrefix + "aesgcm:v1:",
        ProviderKind.Secretbox => EncryptedPrefix + "secretbox:v1:",
        ProviderKind.KmsV1 => EncryptedPrefix + "kms:v1:",
        ProviderKind.KmsV2 => EncryptedPrefix + "kms:v2:",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    internal static IEnumerable<(ProviderKind Kind, byte[] Prefix)> Prefixes { get; } =
        [.. Encrypting.Select(kind => (kind, Encoding.ASCII.GetBytes(kind.Prefix())))];
}
