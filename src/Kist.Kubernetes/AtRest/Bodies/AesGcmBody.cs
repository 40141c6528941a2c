using System.Buffers;
using System.Security.Cryptography;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.AtRest.Bodies;

/// <summary><c>nonce(12), ciphertext, tag(16)</c>; the key in etcd is authenticated with it.</summary>
internal sealed class AesGcmBody(AesGcmKey cipher) : IBodyCipher
{
    private const int Nonce = AesGcmKey.NonceBytes;
    private const int Tag = AesGcmKey.TagBytes;

    public void Dispose() => cipher.Dispose();

    /// <summary>Writes with a given nonce, for test vectors and counters.</summary>
    internal static void Seal(
        AesGcmKey cipher, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, IBufferWriter<byte> output)
    {
        var length = Nonce + plaintext.Length + Tag;
        var span = output.GetSpan(length)[..length];
        nonce.CopyTo(span);
        cipher.Encrypt(nonce, plaintext, span[Nonce..^Tag], span[^Tag..], key);
        output.Advance(length);
    }

    public Failure? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body, SecretBuffer plaintext)
    {
        if (body.Length < Nonce)
            return AtRestFailures.TooShort;
        var length = body.Length - Nonce - Tag;
        if (length < 0)
            return AtRestFailures.GcmUnauthentic;
        var span = plaintext.GetSpan(length)[..length];
        if (!cipher.TryDecrypt(body[..Nonce], body[Nonce..^Tag], body[^Tag..], span, key))
            return AtRestFailures.GcmUnauthentic;
        plaintext.Advance(length);
        return null;
    }

    public void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, IBufferWriter<byte> output)
    {
        Span<byte> nonce = stackalloc byte[Nonce];
        RandomNumberGenerator.Fill(nonce);
        Seal(cipher, nonce, key, plaintext, output);
    }
}
