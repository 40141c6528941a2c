using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kist.Client.Agent.Secrets;

/// <summary>What tells one state of a file from the next, links followed, without reading it; and to whom it belongs.</summary>
/// <param name="Inode">Differs when another file took its place.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Changed">Seconds and nanoseconds of the last change of content or attributes.</param>
/// <param name="User">The owner's number.</param>
/// <param name="Group">The group's number.</param>
/// <param name="Mode">Its permissions.</param>
internal sealed partial record FileStamp(ulong Inode, ulong Size, (long Seconds, uint Nanoseconds) Changed, uint User, uint Group, UnixFileMode Mode)
{
    // struct statx has the same layout on every machine, unlike struct stat.
    private const int StructureSize = 256;
    private const int WorkingFolder = -100;
    private const int DoNotFollow = 0x100;
    // With the time at which a file was made, where the file system knows it.
    private const uint Fields = 0xfff;
    private const int OfHandle = 0x1000;
    private const int PermissionBits = 0xfff;
    private const int TypeBits = 0xf000;
    private const int RegularFile = 0x8000;
    private const int SymbolicLink = 0xa000;

    /// <summary>When it was made: seconds and nanoseconds, or zeros.</summary>
    public (long Seconds, uint Nanoseconds) Made { get; private init; }

    /// <summary>What tells the file from all others of its folder, however it is called, and does not change with its content.</summary>
    public string Identity => string.Create(CultureInfo.InvariantCulture, $"{Inode}-{Made.Seconds}.{Made.Nanoseconds}");

    /// <summary>Whether it is a file, and not a folder, a link, a device or the like.</summary>
    public bool IsRegular { get; private init; }

    /// <summary>Whether it is a link that was not followed.</summary>
    public bool IsLink { get; private init; }

    /// <summary>The stamp of what stands at a path; null when there is nothing that can be looked at.</summary>
    /// <param name="path">The path.</param>
    /// <param name="followsLink">Whether a link at its end is followed.</param>
    public static FileStamp? Of(string path, bool followsLink = true)
    {
        Span<byte> found = stackalloc byte[StructureSize];
        var flags = followsLink ? 0 : DoNotFollow;
        return Stat(WorkingFolder, path, flags, Fields, ref found[0]) == 0 ? Read(found) : null;
    }

    /// <summary>The stamp of an open file, whatever has its name meanwhile.</summary>
    public static FileStamp? Of(SafeFileHandle file)
    {
        Span<byte> found = stackalloc byte[StructureSize];
        return Stat(file, "", OfHandle, Fields, ref found[0]) == 0 ? Read(found) : null;
    }

    private static FileStamp Read(ReadOnlySpan<byte> found)
    {
        var mode = BinaryPrimitives.ReadUInt16LittleEndian(found[28..]);
        return new FileStamp(
            BinaryPrimitives.ReadUInt64LittleEndian(found[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(found[40..]),
            (BinaryPrimitives.ReadInt64LittleEndian(found[96..]), BinaryPrimitives.ReadUInt32LittleEndian(found[104..])),
            BinaryPrimitives.ReadUInt32LittleEndian(found[20..]),
            BinaryPrimitives.ReadUInt32LittleEndian(found[24..]),
            (UnixFileMode)(mode & PermissionBits))
        {
            Made = (BinaryPrimitives.ReadInt64LittleEndian(found[80..]), BinaryPrimitives.ReadUInt32LittleEndian(found[88..])),
            IsRegular = (mode & TypeBits) == RegularFile,
            IsLink = (mode & TypeBits) == SymbolicLink,
        };
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Stat(int folder, string path, int flags, uint mask, ref byte found);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Stat(SafeFileHandle folder, string path, int flags, uint mask, ref byte found);
}
