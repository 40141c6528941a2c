using System.Buffers;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.AtRest.Bodies;

/// <summary>A key and the form of what follows the prefix of a value that it encrypted. All threads may use it at once.</summary>
internal interface IBodyCipher : IDisposable
{
    /// <summary>Appends the plaintext; after a failure the buffer is as it was.</summary>
    /// <param name="key">The full key in etcd.</param>
    /// <param name="body">What was stored.</param>
    /// <param name="plaintext">Takes the plaintext.</param>
    Failure? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body, SecretBuffer plaintext);

    /// <summary>Appends what is to be stored.</summary>
    void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, IBufferWriter<byte> output);
}
