using System.Runtime.InteropServices;

namespace Kist.Commands.Encryption.Files;

/// <summary>Brings a folder's names to the disk: after it, a file that was renamed there keeps its new name through a loss of power.</summary>
internal static partial class FolderSync
{
    private const int CloseOnExec = 0x80000;

    /// <exception cref="IOException">The folder cannot be opened or written.</exception>
    public static void Flush(string folder)
    {
        var handle = Open(folder, CloseOnExec);
        if (handle < 0)
            throw new IOException($"cannot open the folder {folder}: {Marshal.GetLastPInvokeErrorMessage()}");
        try
        {
            if (Sync(handle) != 0)
                throw new IOException($"cannot write the folder {folder} to the disk: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int handle);
}
