using System.Runtime.InteropServices;

namespace Kist.Commands.Encryption.Files;

/// <summary>Owner and group of a file, which the base library does not tell: a file that is replaced must stay readable for its reader.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly partial record struct FileOwner(uint User, uint Group)
{
    private const int CurrentFolder = -100;
    private const uint BasicStats = 0x7ff;
    private const int KindMask = 0xf000;
    private const int RegularFile = 0x8000;

    /// <summary>Looks at a file.</summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static FileOwner Of(string path)
    {
        var stat = new StatX();
        if (Look(CurrentFolder, path, 0, BasicStats, ref stat) != 0)
            throw new IOException($"cannot look at {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        return new FileOwner(stat.User, stat.Group);
    }

    /// <summary>
    /// False for pipes, devices and the like, as far as can be seen: to open a pipe waits for its other end, and no interruption ends that.
    /// </summary>
    public static bool IsRegularFile(string path)
    {
        var stat = new StatX();
        return Look(CurrentFolder, path, 0, BasicStats, ref stat) != 0 || (stat.Mode & KindMask) == RegularFile;
    }

    /// <summary>Gives a file to this owner.</summary>
    /// <exception cref="IOException">It cannot be given away.</exception>
    public void Give(string path)
    {
        if (Of(path) != this && Change(path, User, Group) != 0)
            throw new IOException($"cannot give {path} to the owner of the file that it replaces: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Look(int folder, string path, int flags, uint mask, ref StatX stat);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Change(string path, uint user, uint group);

    // The kernel's layout, the same on all machines; what is not read here is left out.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatX
    {
        [FieldOffset(20)]
        public uint User;

        [FieldOffset(24)]
        public uint Group;

        [FieldOffset(28)]
        public ushort Mode;
    }
}
