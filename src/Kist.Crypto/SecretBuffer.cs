using System.Buffers;
using System.Security.Cryptography;

namespace Kist.Crypto;

/// <summary>
/// A growing buffer for plaintext that holds keys and lives for one operation: pinned, so that no copies are left behind, and wiped on disposal.
/// </summary>
public sealed class SecretBuffer : IBufferWriter<byte>, IDisposable
{
    private byte[] bytes = GC.AllocateArray<byte>(1024, pinned: true);
    private int written;

    /// <summary>What was written so far.</summary>
    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, written);

    /// <summary>The same, for those who cannot take a span. Good until the next write, and not to be kept.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => bytes.AsMemory(0, written);

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, bytes.Length - written);
        written += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return bytes.AsMemory(written);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Wipes what was written and keeps the memory, for the next of many operations.</summary>
    public void Clear()
    {
        CryptographicOperations.ZeroMemory(bytes.AsSpan(0, written));
        written = 0;
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(bytes);
        written = 0;
    }

    private void MakeRoom(int size)
    {
        if (bytes.Length - written >= Math.Max(size, 1))
            return;
        var larger = GC.AllocateArray<byte>(Math.Max(bytes.Length * 2, checked(written + size)), pinned: true);
        Written.CopyTo(larger);
        CryptographicOperations.ZeroMemory(bytes);
        bytes = larger;
    }
}
