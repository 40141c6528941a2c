using System.Buffers;
using System.Runtime.InteropServices;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest.Bodies;

namespace Kist.Kubernetes.AtRest;

/// <summary>A stored value, or what is left of it behind the prefixes that were matched.</summary>
/// <param name="Key">The full key in etcd, which AES-GCM authenticates.</param>
/// <param name="Body">The bytes.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StoredBody(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Body);

/// <summary>How a try to read ended.</summary>
/// <param name="Failures">What went wrong, in the order of the tries; null when it was read.</param>
/// <param name="Stale">Why it would be written anew.</param>
/// <param name="Kind">The provider that read it.</param>
/// <param name="KeyName">The key that read it, for a KMS the provider's name.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ReadAttempt(
    IReadOnlyList<Failure>? Failures, StaleReasons Stale = StaleReasons.None, ProviderKind Kind = ProviderKind.Identity, string? KeyName = null)
{
    public static ReadAttempt Done(StaleReasons stale = StaleReasons.None) => new(null, stale);

    public static ReadAttempt Failed(Failure failure) => new([failure]);

    public static ReadAttempt Of(Failure? failure) => failure is null ? default : Failed(failure);
}

/// <summary>Turns objects into stored values and back. One that fails to read leaves the buffer as it was.</summary>
internal interface ITransformer : IDisposable
{
    /// <summary>Appends the plaintext to <paramref name="plaintext"/>.</summary>
    ValueTask<ReadAttempt> ReadAsync(StoredBody stored, SecretBuffer plaintext, CancellationToken cancellationToken);

    /// <summary>Appends what is stored for <paramref name="plaintext"/> under the key to <paramref name="output"/>.</summary>
    ValueTask<Outcome<Nothing>> WriteAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> plaintext, IBufferWriter<byte> output, CancellationToken cancellationToken);

    /// <summary>
    /// Why a value with this body would be stale, as far as can be told without decrypting. Failed when it can be told already that it does not
    /// decrypt.
    /// </summary>
    ReadAttempt Foresee(ReadOnlyMemory<byte> body);
}

/// <summary>A transformer that needs nobody else.</summary>
internal sealed class LocalTransformer(IBodyCipher cipher) : ITransformer
{
    public ValueTask<ReadAttempt> ReadAsync(StoredBody stored, SecretBuffer plaintext, CancellationToken cancellationToken) =>
        ValueTask.FromResult(ReadAttempt.Of(cipher.Open(stored.Key.Span, stored.Body.Span, plaintext)));

    public ValueTask<Outcome<Nothing>> WriteAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> plaintext, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        cipher.Seal(key.Span, plaintext.Span, output);
        return ValueTask.FromResult(Outcome.Done);
    }

    public ReadAttempt Foresee(ReadOnlyMemory<byte> body) => ReadAttempt.Done();

    public void Dispose() => cipher.Dispose();
}
