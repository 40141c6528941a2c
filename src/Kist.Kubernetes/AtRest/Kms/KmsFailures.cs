using System.Security.Cryptography;
using System.Text;
using Kist.Core;

namespace Kist.Kubernetes.AtRest.Kms;

/// <summary>What the API server has no words for: it always has its plugin.</summary>
internal static class KmsFailures
{
    public static Failure NoPlugin(string name) =>
        Failure.Unavailable("kms.no_plugin", $"no KMS plugin answers for the provider \"{name}\", so what it encrypted cannot be read");

    public static Failure CannotEncrypt(string name) =>
        Failure.Unavailable("kms.no_plugin", $"no KMS plugin that encrypts answers for the provider \"{name}\"");

    /// <summary>Key ids are shown as the API server shows them: hashed.</summary>
    public static Failure OtherKey(string status, string encrypt) =>
        Failure.Unavailable(
            "kms.other_key",
            $"failed to rotate DEK: the plugin's Status and Encrypt name different keys, statusKeyIDHash=\"{Hash(status)}\", "
            + $"encryptKeyIDHash=\"{Hash(encrypt)}\"; ask again once the plugin has settled");

    public static Failure WrappedTooLong(int length) =>
        Failure.Invalid(
            "kms.wrapped_too_long",
            $"the KMS plugin's ciphertext has {length} bytes, more than the {ushort.MaxValue} that KMS v1 can store");

    private static string Hash(string keyId) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(keyId)))}";
}
