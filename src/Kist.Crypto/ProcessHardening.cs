using System.Runtime.InteropServices;

namespace Kist.Crypto;

/// <summary>What <see cref="ProcessHardening.Apply"/> achieved, read back from the system. The host warns about what is false.</summary>
/// <param name="NotDumpable">Other processes of the same user cannot trace this one or read its memory.</param>
/// <param name="NoCoreFiles">A crash writes no core file.</param>
public sealed record HardeningReport(bool NotDumpable, bool NoCoreFiles);

/// <summary>Keeps the process's memory, which holds keys, out of core dumps and away from debuggers.</summary>
public static partial class ProcessHardening
{
    private const int GetDumpable = 3;
    private const int SetDumpable = 4;
    private const int CoreFileSize = 4;

    /// <summary>Applies to the whole process and cannot be undone. On systems other than Linux nothing happens and all is reported false.</summary>
    public static HardeningReport Apply()
    {
        if (!OperatingSystem.IsLinux())
            return new HardeningReport(NotDumpable: false, NoCoreFiles: false);
        _ = prctl(SetDumpable, 0, 0, 0, 0);
        _ = setrlimit(CoreFileSize, default);
        return new HardeningReport(
            NotDumpable: prctl(GetDumpable, 0, 0, 0, 0) == 0,
            NoCoreFiles: getrlimit(CoreFileSize, out var limit) == 0 && limit == default);
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int setrlimit(int resource, in ResourceLimit limit);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int getrlimit(int resource, out ResourceLimit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct ResourceLimit(nuint Current, nuint Maximum);
}
