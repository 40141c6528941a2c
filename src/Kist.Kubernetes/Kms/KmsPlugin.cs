using System.Security.Cryptography;
using System.Text;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest.Kms;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Kubernetes.Kms;

/// <summary>
/// A KMS plugin: encrypts what API servers send under a local key that a remote key wraps. Any plugin with the same remote key decrypts what another one
/// encrypted. Safe for many threads.
/// </summary>
public sealed class KmsPlugin : IKmsDecrypter, IKmsEncrypter, IKmsKeyId, IDisposable
{
    /// <summary>Longest plaintext of KMS v2, so that the ciphertext is within the 1024 bytes that an API server takes. It sends 32.</summary>
    public const int MostPlaintext = EncryptedObjectRules.MaxField - 1 - LocalKeySize.Overhead;

    private const byte Version = 1;

    private readonly LocalKeyring keys;

    /// <summary>A plugin that serves once <see cref="RunAsync"/> has reached the remote key.</summary>
    /// <param name="remote">Wraps local keys; disposed of with the plugin.</param>
    /// <param name="fallback">Wraps them as well, and serves when the remote key cannot be reached at the start; null for none.</param>
    /// <param name="options">How to behave.</param>
    /// <param name="time">The clock.</param>
    /// <param name="metrics">Gets counts.</param>
    /// <param name="observer">Gets what is to be logged.</param>
    public KmsPlugin(
        IRemoteKey remote, IRemoteKey? fallback, KmsPluginOptions options, TimeProvider time, KmsMetrics metrics, IKmsObserver observer) =>
        keys = new LocalKeyring(
            new GuardedRemoteKey(remote, options.RemoteTimeout, time, metrics),
            fallback is null ? null : new FallbackKey(fallback, observer),
            options,
            time,
            metrics,
            observer);

    /// <inheritdoc/>
    public string? CurrentKeyId => keys.KeyId is { Length: > 0 } id ? id : null;

    /// <summary>How it stands.</summary>
    public KmsReport Report() => keys.Report();

    /// <summary><c>ok</c>, or why Encrypt would fail, for the <c>healthz</c> of Status.</summary>
    public string Health() => keys.Current().Failure is { } failure ? failure.Message : "ok";

    /// <summary>Asks the remote key again and again until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => keys.RunAsync(cancellationToken);

    /// <summary>Asks the remote key once, now.</summary>
    public Task PollAsync(CancellationToken cancellationToken) => keys.PollAsync(cancellationToken);

    /// <summary>Lets <see cref="RunAsync"/> ask soon.</summary>
    public void Nudge() => keys.Nudge();

    /// <summary>KMS v2's Encrypt.</summary>
    public Outcome<KmsCiphertext> Encrypt(ReadOnlySpan<byte> plaintext)
    {
        if (plaintext.Length > MostPlaintext)
            return Failure.Invalid("kms.too_long", $"the plaintext has {plaintext.Length} bytes: an API server takes no ciphertext of more than {MostPlaintext}");
        var current = keys.Current();
        if (!current.Succeeded)
            return current.Failure;
        var wrapping = current.Value.Wrapping;
        var ciphertext = new byte[1 + plaintext.Length + LocalKeySize.Overhead];
        ciphertext[0] = Version;
        current.Value.Encrypt(plaintext, ciphertext.AsSpan(1), KmsFormat.V2);
        return new KmsCiphertext(ciphertext, wrapping.KeyId, WrappingFormat.ToAnnotations(wrapping));
    }

    /// <summary>KMS v2's Decrypt. The caller wipes what it gets.</summary>
    public async ValueTask<Outcome<byte[]>> DecryptAsync(
        ReadOnlyMemory<byte> ciphertext, string keyId, IReadOnlyList<KmsAnnotation> annotations, CancellationToken cancellationToken)
    {
        if (keyId.Length == 0 || Encoding.UTF8.GetByteCount(keyId) > EncryptedObjectRules.MaxField)
            return NotOurs("there is no key id, or it is too long");
        if (ciphertext.Length < 1 + LocalKeySize.Overhead || ciphertext.Span[0] != Version)
            return NotOurs("the ciphertext is not of this plugin's making");
        var wrapping = WrappingFormat.FromAnnotations(keyId, annotations);
        return wrapping.Succeeded
            ? await OpenAsync(wrapping.Value, ciphertext[1..], KmsFormat.V2, cancellationToken)
            : wrapping.Failure;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<SecretBytes>> DecryptAsync(KmsCiphertext wrapped, CancellationToken cancellationToken)
    {
        var opened = await DecryptAsync(wrapped.Ciphertext, wrapped.KeyId, wrapped.Annotations, cancellationToken);
        if (!opened.Succeeded)
            return opened.Failure;
        var key = new SecretBytes(opened.Value);
        CryptographicOperations.ZeroMemory(opened.Value);
        return key;
    }

    /// <summary>KMS v1's Encrypt: all that Decrypt needs is in the ciphertext.</summary>
    public Outcome<byte[]> EncryptV1(ReadOnlySpan<byte> plaintext)
    {
        var current = keys.Current();
        if (!current.Succeeded)
            return current.Failure;
        var wrapping = current.Value.Wrapping;
        var prefix = WrappingFormat.ToPrefix(wrapping);
        if (prefix.Length + plaintext.Length + LocalKeySize.Overhead > ushort.MaxValue)
            return Failure.Invalid("kms.too_long", $"the plaintext has {plaintext.Length} bytes: an API server takes no ciphertext of more than {ushort.MaxValue}");
        var ciphertext = new byte[prefix.Length + plaintext.Length + LocalKeySize.Overhead];
        prefix.CopyTo(ciphertext, 0);
        current.Value.Encrypt(plaintext, ciphertext.AsSpan(prefix.Length), KmsFormat.V1);
        return ciphertext;
    }

    /// <summary>The key id in a v1 ciphertext; empty when it is none of ours.</summary>
    public static string KeyIdOfV1(ReadOnlyMemory<byte> ciphertext) =>
        WrappingFormat.FromPrefix(ciphertext) is { Succeeded: true } read ? read.Value.Wrapping.KeyId : "";

    /// <summary>KMS v1's Decrypt. The caller wipes what it gets.</summary>
    public async ValueTask<Outcome<byte[]>> DecryptV1Async(ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken)
    {
        var read = WrappingFormat.FromPrefix(ciphertext);
        return read.Succeeded
            ? await OpenAsync(read.Value.Wrapping, read.Value.Sealed, KmsFormat.V1, cancellationToken)
            : read.Failure;
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<KmsCiphertext>> EncryptAsync(SecretBytes key, CancellationToken cancellationToken) => ValueTask.FromResult(Encrypt(key.Span));

    /// <inheritdoc/>
    public void Dispose() => keys.Dispose();

    private async ValueTask<Outcome<byte[]>> OpenAsync(
        LocalKeyWrapping wrapping, ReadOnlyMemory<byte> sealedData, KmsFormat format, CancellationToken cancellationToken)
    {
        var key = await keys.FindAsync(wrapping, cancellationToken);
        if (!key.Succeeded)
            return key.Failure;
        return key.Value.Decrypt(sealedData.Span, format) is { } plaintext
            ? plaintext
            : NotOurs("the ciphertext was changed, or was encrypted under another key");
    }

    private static Failure NotOurs(string message) => Failure.Invalid("kms.not_ours", message);
}
