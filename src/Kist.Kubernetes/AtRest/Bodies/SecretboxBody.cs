using System.Buffers;
using System.Security.Cryptography;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.AtRest.Bodies;

/// <summary><c>nonce(24), tag(16), ciphertext</c>. It is authenticated, its key in etcd is not: a value that was moved still opens.</summary>
internal sealed class SecretboxBody(SodiumSecretboxKey cipher) : IBodyCipher
{
    private const int Nonce = SodiumSecretboxKey.NonceBytes;
    private const int Tag = SodiumSecretboxKey.TagBytes;

    public void Dispose() => cipher.Dispose();

    /// <summary>Writes with a given nonce, for test vectors; everybody else takes a random one.</summary>
    internal static void Seal(SodiumSecretboxKey cipher, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, IBufferWriter<byte> output)
    {
        var length = Nonce + Tag + plaintext.Length;
        var span = output.GetSpan(length)[..length];
        nonce.CopyTo(span);
        cipher.Seal(nonce, plaintext, span[Nonce..]);
        output.Advance(length);
    }

    public Failure? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body, SecretBuffer plaintext)
    {
        var length = body.Length - Nonce - Tag;
        if (length < 0)
            return AtRestFailures.TooShort;
        if (!cipher.TryOpen(body[..Nonce], body[Nonce..], plaintext.GetSpan(length)[..length]))
            return AtRestFailures.SecretboxUnauthentic;
        plaintext.Advance(length);
        return null;
    }

    public void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, IBufferWriter<byte> output)
    {
        Span<byte> nonce = stackalloc byte[Nonce];
        RandomNumberGenerator.Fill(nonce);
        Seal(cipher, nonce, plaintext, output);
    }
}
