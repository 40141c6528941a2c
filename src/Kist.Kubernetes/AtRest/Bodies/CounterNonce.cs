using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Kist.Kubernetes.AtRest.Bodies;

/// <summary>
/// Nonces as API servers 1.27 and 1.28 made them: four random bytes, then a counter in little-endian order. Safe only because the data key is new in
/// each process and never encrypts after it; the random bytes help when a machine is set back to an earlier state.
/// </summary>
internal sealed class CounterNonce
{
    private const int RandomBytes = 4;
    private ulong counter = 1_000_000_000;

    public void Next(Span<byte> nonce)
    {
        RandomNumberGenerator.Fill(nonce[..RandomBytes]);
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[RandomBytes..], Interlocked.Increment(ref counter));
    }
}
