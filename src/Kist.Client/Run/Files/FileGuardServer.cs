using System.Runtime.InteropServices;
using System.Text;
using Kist.Client.Run.Child;

namespace Kist.Client.Run.Files;

/// <summary>
/// The other side of <see cref="FileGuard"/>: waits for the end of the process that started it, and removes the files that it left.
/// </summary>
public static class FileGuardServer
{
    /// <summary>The hidden command that runs it.</summary>
    public const string Command = "__remove-files";

    internal const string AllDone = "done";

    /// <summary>Leaves the terminal and the group of the process that started this one, so that their signals do not come here.</summary>
    public static void BeginSession() => _ = LinuxCalls.NewSession();

    /// <summary>Waits and removes.</summary>
    /// <param name="input">Names what to remove; its end is the other process's.</param>
    /// <param name="takeSignals">Called once signals are ignored: only the end of the other process ends this one.</param>
    public static void Serve(TextReader input, Action takeSignals)
    {
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Ignore);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ignore);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ignore);
        takeSignals();
        var files = new List<string[]>();
        while (input.ReadLine() is { } line)
        {
            if (line == AllDone)
                return;
            files.Add([.. line.Split(' ').Select(static word => Encoding.UTF8.GetString(Convert.FromBase64String(word)))]);
        }
        foreach (var file in files)
            Remove(file[0], file[1], file[2]);
    }

    private static void Ignore(PosixSignalContext context) => context.Cancel = true;

    private static void Remove(string path, string kept, string own)
    {
        try
        {
            if (own.Length > 0)
                PushedPlace.GiveBack(path, kept.Length > 0 ? kept : null, own);
            else
                File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The others may still be removable.
        }
    }
}
