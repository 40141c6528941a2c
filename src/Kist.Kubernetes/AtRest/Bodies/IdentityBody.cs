using System.Buffers;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.AtRest.Bodies;

/// <summary>Stores objects as they are. It reads nothing that says it is encrypted.</summary>
internal sealed class IdentityBody : IBodyCipher
{
    public void Dispose()
    {
        // There is no key.
    }

    public Failure? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body, SecretBuffer plaintext)
    {
        if (body.StartsWith(ProviderKinds.EncryptedPrefixBytes))
            return AtRestFailures.IsEncrypted;
        plaintext.Write(body);
        return null;
    }

    public void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, IBufferWriter<byte> output) => output.Write(plaintext);
}
