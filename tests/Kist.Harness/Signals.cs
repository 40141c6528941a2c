using System.Runtime.InteropServices;

namespace Kist.Harness;

/// <summary>POSIX signals, of which the base library can only send SIGKILL.</summary>
public static partial class Signals
{
    /// <summary>Hang up: the server reopens its audit files.</summary>
    public const int Hup = 1;

    /// <summary>Asks for an orderly end.</summary>
    public const int Term = 15;

    /// <summary>Sends <paramref name="signal"/> to a process; no error when it has ended.</summary>
    public static void Send(int processId, int signal)
    {
        // 0 and negative numbers are groups of processes.
        ArgumentOutOfRangeException.ThrowIfLessThan(processId, 2);
        _ = Kill(processId, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int processId, int signal);
}
