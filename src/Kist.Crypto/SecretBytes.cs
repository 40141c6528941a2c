using System.Security.Cryptography;

namespace Kist.Crypto;

/// <summary>Key bytes: pinned, so that the collector leaves no copies behind, locked where the system allows, wiped on disposal.</summary>
public sealed class SecretBytes : IDisposable
{
    private readonly byte[] bytes;
    private bool disposed;

    /// <summary>Copies <paramref name="source"/>.</summary>
    public SecretBytes(ReadOnlySpan<byte> source)
    {
        bytes = GC.AllocateUninitializedArray<byte>(source.Length, pinned: true);
        source.CopyTo(bytes);
    }

    /// <summary>The bytes.</summary>
    /// <exception cref="ObjectDisposedException">They were wiped.</exception>
    public ReadOnlySpan<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return bytes;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose()
    {
        disposed = true;
        CryptographicOperations.ZeroMemory(bytes);
    }
}
