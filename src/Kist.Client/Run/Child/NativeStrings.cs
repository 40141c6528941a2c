using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Kist.Client.Run.Child;

/// <summary>A NULL-terminated array of C strings in memory that the collector does not move, wiped on disposal.</summary>
internal sealed class NativeStrings : IDisposable
{
    private readonly byte[] text;
    private readonly nint[] pointers;

    /// <summary>Copies the strings, none of which may hold a NUL.</summary>
    public NativeStrings(IReadOnlyList<byte[]> strings)
    {
        text = GC.AllocateArray<byte>(checked(strings.Sum(static s => s.Length + 1) + 1), pinned: true);
        pointers = GC.AllocateArray<nint>(strings.Count + 1, pinned: true);
        var next = 0;
        for (var i = 0; i < strings.Count; i++)
        {
            pointers[i] = Marshal.UnsafeAddrOfPinnedArrayElement(text, next);
            strings[i].CopyTo(text, next);
            next += strings[i].Length + 1;
        }
    }

    /// <summary>The array; good until the disposal, and while this object is referred to.</summary>
    public nint Address => Marshal.UnsafeAddrOfPinnedArrayElement(pointers, 0);

    public void Dispose() => CryptographicOperations.ZeroMemory(text);
}
