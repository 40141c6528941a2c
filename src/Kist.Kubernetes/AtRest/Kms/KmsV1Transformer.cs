using System.Buffers;
using System.Buffers.Binary;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest.Bodies;

namespace Kist.Kubernetes.AtRest.Kms;

/// <summary>
/// The envelope of KMS v1: <c>length(2, big-endian), wrapped data key, body</c> with a data key of its own for each write. The body is tried in the
/// form that this release writes, then in the other; with AES-CBC inside, nothing is authenticated.
/// </summary>
internal sealed class KmsV1Transformer(string name, IKmsDecrypter? plugin, KmsV1Body writes) : ITransformer
{
    private const int LengthBytes = 2;

    public async ValueTask<ReadAttempt> ReadAsync(StoredBody stored, SecretBuffer plaintext, CancellationToken cancellationToken)
    {
        if (!TrySplit(stored.Body, out var wrapped, out var body))
            return ReadAttempt.Failed(AtRestFailures.NoWrappedKey);
        if (plugin is null)
            return ReadAttempt.Failed(KmsFailures.NoPlugin(name));
        var unwrapped = await plugin.DecryptAsync(new KmsCiphertext(wrapped, "", []), cancellationToken);
        if (!unwrapped.Succeeded)
            return ReadAttempt.Failed(unwrapped.Failure);
        using var key = unwrapped.Value;
        if (!AesGcmKey.IsKeySize(key.Length))
            return ReadAttempt.Failed(AtRestFailures.KeySize(key.Length));
        var other = writes == KmsV1Body.Gcm ? KmsV1Body.Cbc : KmsV1Body.Gcm;
        if (Open(writes, key, stored.Key.Span, body.Span, plaintext) is not { } first)
            return ReadAttempt.Done();
        return Open(other, key, stored.Key.Span, body.Span, plaintext) is { } second
            ? new ReadAttempt([first, second])
            : ReadAttempt.Done(StaleReasons.KmsV1Body);
    }

    public async ValueTask<Outcome<Nothing>> WriteAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> plaintext, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        if (plugin is not IKmsEncrypter encrypter)
            return KmsFailures.CannotEncrypt(name);
        using var dataKey = SecretBytes.Random(DataKeys.NewKeyBytes);
        var wrapped = await encrypter.EncryptAsync(dataKey, cancellationToken);
        if (!wrapped.Succeeded)
            return wrapped.Failure;
        if (wrapped.Value.Ciphertext.Length > ushort.MaxValue)
            return KmsFailures.WrappedTooLong(wrapped.Value.Ciphertext.Length);
        WriteWrapped(wrapped.Value.Ciphertext.Span, output);
        using var cipher = Cipher(writes, dataKey);
        cipher.Seal(key.Span, plaintext.Span, output);
        return Outcome.Done;
    }

    public ReadAttempt Foresee(ReadOnlyMemory<byte> body) =>
        TrySplit(body, out _, out _) ? ReadAttempt.Done() : ReadAttempt.Failed(AtRestFailures.NoWrappedKey);

    public void Dispose()
    {
        // Keys live for one value.
    }

    internal static void WriteWrapped(ReadOnlySpan<byte> wrapped, IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(LengthBytes), (ushort)wrapped.Length);
        output.Advance(LengthBytes);
        output.Write(wrapped);
    }

    private static bool TrySplit(ReadOnlyMemory<byte> envelope, out ReadOnlyMemory<byte> wrapped, out ReadOnlyMemory<byte> body)
    {
        wrapped = body = default;
        if (!BinaryPrimitives.TryReadUInt16BigEndian(envelope.Span, out var length) || envelope.Length - LengthBytes < length)
            return false;
        wrapped = envelope.Slice(LengthBytes, length);
        body = envelope[(LengthBytes + length)..];
        return true;
    }

    private static Failure? Open(KmsV1Body form, SecretBytes dataKey, ReadOnlySpan<byte> key, ReadOnlySpan<byte> body, SecretBuffer plaintext)
    {
        using var cipher = Cipher(form, dataKey);
        return cipher.Open(key, body, plaintext);
    }

    private static IBodyCipher Cipher(KmsV1Body form, SecretBytes dataKey) =>
        form == KmsV1Body.Gcm ? new AesGcmBody(new AesGcmKey(dataKey.Span)) : new AesCbcBody(new AesCbcKey(dataKey.Span));
}
