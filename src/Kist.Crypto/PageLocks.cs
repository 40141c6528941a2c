using System.Runtime.InteropServices;

namespace Kist.Crypto;

/// <summary>
/// Keeps the pages under pinned arrays out of swap. The system's locks do not nest and secrets share pages, so holders are counted by page and the last one
/// unlocks it.
/// </summary>
internal static partial class PageLocks
{
    private static readonly nint PageSize = Environment.SystemPageSize;
    private static readonly Lock Gate = new();
    private static readonly Dictionary<nint, int> Holders = [];

    /// <summary>False when the system refuses or has no such call; then nothing was locked.</summary>
    public static bool TryLock(byte[] pinned)
    {
        if (pinned.Length == 0 || !OperatingSystem.IsLinux())
            return false;
        var (first, last) = Pages(pinned);
        lock (Gate)
        {
            for (var page = first; page <= last; page += PageSize)
            {
                if (!TryHold(page))
                {
                    ReleasePages(first, page - PageSize);
                    return false;
                }
            }
        }
        return true;
    }

    /// <summary>Undoes one successful <see cref="TryLock"/>.</summary>
    public static void Release(byte[] pinned)
    {
        var (first, last) = Pages(pinned);
        lock (Gate)
            ReleasePages(first, last);
    }

    private static bool TryHold(nint page)
    {
        ref var holders = ref CollectionsMarshal.GetValueRefOrAddDefault(Holders, page, out _);
        if (holders == 0 && mlock(page, PageSize) != 0)
        {
            Holders.Remove(page);
            return false;
        }
        holders++;
        return true;
    }

    private static void ReleasePages(nint first, nint last)
    {
        for (var page = first; page <= last; page += PageSize)
        {
            if (--CollectionsMarshal.GetValueRefOrNullRef(Holders, page) > 0)
                continue;
            Holders.Remove(page);
            _ = munlock(page, PageSize);
        }
    }

    private static (nint First, nint Last) Pages(byte[] pinned)
    {
        var start = Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
        return (start & -PageSize, (start + pinned.Length - 1) & -PageSize);
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int mlock(nint address, nint length);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int munlock(nint address, nint length);
}
