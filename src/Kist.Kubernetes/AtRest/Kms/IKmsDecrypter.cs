using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.AtRest.Kms;

/// <summary>What a KMS plugin gives annotations to: stored in clear beside its ciphertext.</summary>
/// <param name="Name">A fully qualified domain name.</param>
/// <param name="Value">Any bytes.</param>
public sealed record KmsAnnotation(string Name, ReadOnlyMemory<byte> Value);

/// <summary>A data key or seed as a KMS plugin wrapped it.</summary>
/// <param name="Ciphertext">What the plugin's Encrypt answered.</param>
/// <param name="KeyId">Which key it used; empty with KMS v1, which has no such field.</param>
/// <param name="Annotations">What it gave along; none with KMS v1.</param>
public sealed record KmsCiphertext(ReadOnlyMemory<byte> Ciphertext, string KeyId, IReadOnlyList<KmsAnnotation> Annotations);

/// <summary>A KMS plugin, or whoever else can unwrap what it wrapped. Others' outages are <see cref="FailureKind.Unavailable"/>.</summary>
public interface IKmsDecrypter
{
    /// <summary>Unwraps; the caller disposes of the key.</summary>
    ValueTask<Outcome<SecretBytes>> DecryptAsync(KmsCiphertext wrapped, CancellationToken cancellationToken);
}

/// <summary>A plugin that also wraps, which writing needs.</summary>
public interface IKmsEncrypter
{
    /// <summary>Wraps under the plugin's current key.</summary>
    ValueTask<Outcome<KmsCiphertext>> EncryptAsync(SecretBytes key, CancellationToken cancellationToken);
}

/// <summary>A plugin that tells which key it would use now. Without it, KMS v2 values count as current whatever their key id.</summary>
public interface IKmsKeyId
{
    /// <summary>The key id of its last Status; null before the first.</summary>
    string? CurrentKeyId { get; }
}
