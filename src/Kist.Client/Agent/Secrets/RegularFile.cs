using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kist.Client.Agent.Secrets;

/// <summary>Opens files to read them, and nothing else: a pipe in a file's place would never come to an end.</summary>
internal static partial class RegularFile
{
    // The same numbers on every machine that .NET runs on: close on exec, and do not wait for the other end of a pipe.
    private const int ReadWithoutWaiting = 0x80000 | 0x800;
    private const int NotThere = 2;
    private const int NotAllowed = 13;

    /// <summary>Opens a file, links followed.</summary>
    /// <exception cref="IOException">It is not there, or no file.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static FileStream Open(string path) => Open(path, static stamp => stamp is { IsRegular: true });

    /// <summary>
    /// Opens the file that was looked at, and not another that took its place since, such as a link to a file that others must not read.
    /// </summary>
    /// <param name="path">Where it is.</param>
    /// <param name="looked">What was found there, no link followed.</param>
    /// <exception cref="IOException">It is not there any more.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static FileStream Open(string path, FileStamp looked) => Open(path, stamp => looked.IsRegular && stamp == looked);

    private static FileStream Open(string path, Func<FileStamp?, bool> isWanted)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
            throw new IOException("a path has a NUL character in it");
        var file = OpenFile(path, ReadWithoutWaiting);
        if (file.IsInvalid)
            throw Failure(path, Marshal.GetLastPInvokeError());
        try
        {
            return isWanted(FileStamp.Of(file))
                ? new FileStream(file, FileAccess.Read)
                : throw new IOException($"{path} is not the file that it was, or none");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static Exception Failure(string path, int error) => error switch
    {
        NotThere => new FileNotFoundException($"there is no file {path}"),
        NotAllowed => new UnauthorizedAccessException($"{path} must not be read"),
        _ => new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}"),
    };

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle OpenFile(string path, int flags);
}
