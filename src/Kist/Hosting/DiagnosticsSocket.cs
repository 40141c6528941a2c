using System.Globalization;
using System.Runtime.InteropServices;

namespace Kist.Hosting;

/// <summary>
/// The runtime opens a socket at start through which the same user can dump the process's memory, keys and all. Only its environment can forbid it, so a
/// server that was started without that replaces itself once by itself with it: same process id, same arguments.
/// </summary>
internal static partial class DiagnosticsSocket
{
    private const string Variable = "DOTNET_EnableDiagnostics";

    /// <summary>Returns when the socket is off. On systems without /proc, it stays as the environment says.</summary>
    /// <exception cref="IOException">The process could not be replaced.</exception>
    public static void TurnOff(Func<string, string?> environment)
    {
        const string CommandLine = "/proc/self/cmdline";
        if (environment(Variable) == "0" || !File.Exists(CommandLine))
            return;
        string?[] arguments = File.ReadAllText(CommandLine).Split('\0');
        // The last zero byte ends the list, as execv wants it.
        arguments[^1] = null;
        RemoveFiles();
        if (SetEnvironment(Variable, "0", overwrite: 1) == 0)
            _ = Execute("/proc/self/exe", arguments);
        throw new IOException($"cannot switch the diagnostics socket off; start with {Variable}=0");
    }

    // The replaced process cannot remove its own.
    private static void RemoveFiles()
    {
        foreach (var pattern in new[] { "dotnet-diagnostic-{0}-*", "clr-debug-pipe-{0}-*" })
        {
            foreach (var file in Directory.EnumerateFiles(Path.GetTempPath(), string.Format(CultureInfo.InvariantCulture, pattern, Environment.ProcessId)))
                File.Delete(file);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, string?[] arguments);
}
