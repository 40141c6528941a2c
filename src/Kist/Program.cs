using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Kist.Commands;
using Kist.Commands.Cli;

namespace Kist;

/// <summary>Starts the command that the arguments name. SIGINT and SIGTERM ask it to stop; a second one stops it at once.</summary>
internal static class Program
{
    [SuppressMessage("Design", "CA1031", Justification = "The last line of defence: a stack trace may quote what it worked on.")]
    private static async Task<int> Main(string[] arguments)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            return await CommandLine.RunAsync(ProcessHost.Create(Variable, LeaveSignals), CommandTable.Groups, arguments, stop.Token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"cannot write the result: {e.Message}");
            return ExitCode.Failed;
        }
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync($"Internal error ({e.GetType().Name}). This is a fault of the program; please report it.");
            return ExitCode.Failed;
        }

        void LeaveSignals()
        {
            interrupt.Dispose();
            terminate.Dispose();
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    /// <summary>The one place where the environment is read.</summary>
    [SuppressMessage("ApiDesign", "RS0030", Justification = "The host reads the environment for all others.")]
    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name);
}
