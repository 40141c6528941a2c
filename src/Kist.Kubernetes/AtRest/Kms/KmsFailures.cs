using Kist.Core;

namespace Kist.Kubernetes.AtRest.Kms;

/// <summary>What the API server has no words for: it always has its plugin.</summary>
internal static class KmsFailures
{
    public static Failure NoPlugin(string name) =>
        Failure.Unavailable("kms.no_plugin", $"no KMS plugin answers for the provider \"{name}\", so what it encrypted cannot be read");

    public static Failure CannotEncrypt(string name) =>
        Failure.Unavailable("kms.no_plugin", $"no KMS plugin that encrypts answers for the provider \"{name}\"");

    public static Failure WrappedTooLong(int length) =>
        Failure.Invalid(
            "kms.wrapped_too_long",
            $"the KMS plugin's ciphertext has {length} bytes, more than the {ushort.MaxValue} that KMS v1 can store");
}
