using System.Buffers;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.AtRest.Bodies;

/// <summary>As <see cref="AesGcmBody"/>, with a nonce that counts: for a data key that lives as long as the process.</summary>
internal sealed class CountedGcmBody(AesGcmKey cipher) : IBodyCipher
{
    private readonly AesGcmBody body = new(cipher);
    private readonly CounterNonce nonces = new();

    public void Dispose() => body.Dispose();

    public Failure? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body, SecretBuffer plaintext) => this.body.Open(key, body, plaintext);

    public void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, IBufferWriter<byte> output)
    {
        Span<byte> nonce = stackalloc byte[AesGcmKey.NonceBytes];
        nonces.Next(nonce);
        AesGcmBody.Seal(cipher, nonce, key, plaintext, output);
    }
}
