using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kist.Core.Audit;

/// <summary>The system calls that the base library hides: opening without following a link, and a write that tells how far it came.</summary>
internal static partial class Posix
{
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int TooManyLinks = 40;

    private const int ReadWrite = 0x2;
    private const int Create = 0x40;
    private const int Append = 0x400;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int EmptyPath = 0x1000;
    private const uint TypeMask = 0x1;
    private const int FileTypeBits = 0xF000;
    private const int RegularFile = 0x8000;

    /// <summary>Architectures disagree on this one.</summary>
    private static int NoFollow => RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>
    /// Opens a regular file for appending and reading, and creates it with <paramref name="mode"/> (less the umask) when absent. Never blocks, follows no link in
    /// the last component, and is not inherited by child processes.
    /// </summary>
    /// <exception cref="IOException">It cannot be opened, or is not a regular file.</exception>
    public static SafeFileHandle OpenForAppend(string path, UnixFileMode mode)
    {
        // Non-blocking matters only while opening: a FIFO without a reader would hold the caller.
        var handle = Open(path, ReadWrite | Append | Create | NonBlocking | CloseOnExec | NoFollow, (int)mode);
        if (handle.IsInvalid)
        {
            var error = Marshal.GetLastPInvokeError();
            handle.Dispose();
            throw new IOException(error == TooManyLinks ? "is a symbolic link" : Marshal.GetPInvokeErrorMessage(error));
        }
        try
        {
            if (IsRegularFile(handle))
                return handle;
            throw new IOException("is not a regular file");
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Writes once and answers how many bytes were taken, at least one.</summary>
    /// <exception cref="IOException">Nothing was taken; the message is the system's.</exception>
    public static int Write(SafeFileHandle handle, ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var written = WriteOnce(handle, bytes, (nuint)bytes.Length);
            if (written > 0)
                return (int)written;
            var error = written == 0 ? 0 : Marshal.GetLastPInvokeError();
            if (error == TryAgain)
                // Somebody made the descriptor non-blocking. The device's watchdog bounds the wait.
                Thread.Sleep(1);
            else if (error != Interrupted)
                throw new IOException(written == 0 ? "nothing was written" : Marshal.GetPInvokeErrorMessage(error));
        }
    }

    private static bool IsRegularFile(SafeFileHandle handle) => Status(handle, "", EmptyPath, TypeMask, out var status) == 0
        ? (status.Mode & FileTypeBits) == RegularFile
        : throw new IOException(Marshal.GetLastPInvokeErrorMessage());

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint WriteOnce(SafeFileHandle handle, ReadOnlySpan<byte> bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Status(SafeFileHandle handle, string path, int flags, uint mask, out StatusFields status);

    /// <summary><c>struct statx</c>, which is the same everywhere, unlike <c>struct stat</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatusFields
    {
        [FieldOffset(28)]
        public ushort Mode;
    }
}
