using System.Runtime.InteropServices;

namespace Kist.Harness;

/// <summary>POSIX signals, of which the base library can only send SIGKILL.</summary>
public static partial class Signals
{
    /// <summary>Hang up: the server reopens its audit files.</summary>
    public const int Hup = 1;

    /// <summary>Asks for an end; what it means beside <see cref="Term"/> is the program's own.</summary>
    public const int Interrupt = 2;

    /// <summary>Asks for an end at once, without order.</summary>
    public const int Quit = 3;

    /// <summary>The end that a program gives itself when it finds that it is broken.</summary>
    public const int Abort = 6;

    /// <summary>The end that no program can delay.</summary>
    public const int Kill = 9;

    /// <summary>Asks for an orderly end.</summary>
    public const int Term = 15;

    /// <summary>Lets a stopped process go on.</summary>
    public const int Continue = 18;

    /// <summary>Stops a process without ending it: its sockets stay open and silent.</summary>
    public const int Stop = 19;

    /// <summary>Sends <paramref name="signal"/> to a process; no error when it has ended.</summary>
    public static void Send(int processId, int signal)
    {
        // 0 and negative numbers are groups of processes.
        ArgumentOutOfRangeException.ThrowIfLessThan(processId, 2);
        _ = SendSignal(processId, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int processId, int signal);
}
