using System.Security.Cryptography;
using System.Text;

namespace Kist.Kubernetes.Kms;

/// <summary>
/// The additional data that binds each ciphertext to what it is for, so that one which is put in the place of another is refused: a wrapped local key
/// is no data key, a value under one key id is none under another.
/// </summary>
internal static class KmsPurpose
{
    /// <summary>Wrapping local keys, for remote keys that take additional data, as text and as bytes.</summary>
    public const string LocalKeyText = "kist kms local key";

    /// <inheritdoc cref="LocalKeyText"/>
    public static ReadOnlySpan<byte> LocalKey => "kist kms local key"u8;

    /// <summary>Wrapping a local key under a version of a key file.</summary>
    public static byte[] KeyFile(string keyId) => [.. LocalKey, 0, .. Encoding.UTF8.GetBytes(keyId)];

    /// <summary>Encrypting what an API server sends: with the key id and every byte of how its local key is wrapped.</summary>
    public static byte[] Data(KmsFormat format, LocalKeyWrapping wrapping) => [.. "kist kms data"u8, (byte)format, .. wrapping.Digest()];

    /// <summary>A key id as API servers log it.</summary>
    public static string Hash(string keyId) => keyId.Length == 0 ? "" : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(keyId)));
}
