using System.Buffers;
using System.Security.Cryptography;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.AtRest.Bodies;

/// <summary>
/// <c>info(32), nonce(12), ciphertext, tag(16)</c> under a key derived from a seed and info; the key in etcd is authenticated with it. Info is not:
/// another one is another key.
/// </summary>
internal sealed class SeededGcmBody(AesGcmSeed seed) : IBodyCipher
{
    private const int Info = AesGcmSeed.InfoBytes;
    private const int Nonce = AesGcmKey.NonceBytes;
    private const int Tag = AesGcmKey.TagBytes;

    public void Dispose() => seed.Dispose();

    /// <summary>Writes with given info and nonce, for test vectors; everybody else takes random ones.</summary>
    internal static void Seal(
        AesGcmSeed seed,
        ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> plaintext,
        IBufferWriter<byte> output)
    {
        var length = Info + Nonce + plaintext.Length + Tag;
        var span = output.GetSpan(length)[..length];
        info.CopyTo(span);
        nonce.CopyTo(span[Info..]);
        seed.Encrypt(info, nonce, plaintext, span[(Info + Nonce)..^Tag], span[^Tag..], key);
        output.Advance(length);
    }

    public Failure? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body, SecretBuffer plaintext)
    {
        if (body.Length < Info + Nonce)
            return AtRestFailures.TooShort;
        var length = body.Length - Info - Nonce - Tag;
        if (length < 0)
            return AtRestFailures.GcmUnauthentic;
        var span = plaintext.GetSpan(length)[..length];
        if (!seed.TryDecrypt(body[..Info], body.Slice(Info, Nonce), body[(Info + Nonce)..^Tag], body[^Tag..], span, key))
            return AtRestFailures.GcmUnauthentic;
        plaintext.Advance(length);
        return null;
    }

    public void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, IBufferWriter<byte> output)
    {
        Span<byte> random = stackalloc byte[Info + Nonce];
        RandomNumberGenerator.Fill(random);
        Seal(seed, random[..Info], random[Info..], key, plaintext, output);
    }
}
