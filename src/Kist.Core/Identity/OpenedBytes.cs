using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Kist.Core.Identity;

/// <summary>Secret bytes that a change has decrypted, made or written, of all its attempts: wiped when the change is over.</summary>
internal sealed class OpenedBytes : IDisposable
{
    private readonly List<ReadOnlyMemory<byte>> all = [];

    /// <summary>Wipes bytes that were decrypted for one look.</summary>
    public static void Wipe(ReadOnlyMemory<byte> bytes)
    {
        if (MemoryMarshal.TryGetArray(bytes, out var array))
            CryptographicOperations.ZeroMemory(array.AsSpan());
    }

    /// <summary>Wipes the bytes later.</summary>
    public void Add(ReadOnlyMemory<byte> bytes) => all.Add(bytes);

    public void Dispose()
    {
        foreach (var bytes in all)
            Wipe(bytes);
    }
}
