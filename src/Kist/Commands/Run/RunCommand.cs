using Kist.Client.Run.Files;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Commands.Run;

/// <summary><c>run</c>: starts a program with secrets.</summary>
internal static class RunCommand
{
    public static Command Run => new("run", "Runs a program with secrets in its environment, or in files that lie in memory.", RunAsync)
    {
        Arguments = "[COMMAND...]",
        Description = "Which secrets it gets, -env says, or a file in Summon's format (secrets.yml). The program gets the terminal, signals are passed on "
            + "to it, and its exit code is the result, or 128 and the number of the signal that ended it; 126 and 127 say that it could not be started. "
            + "Write -- before the program's name. When it ends, its files are gone and its leases are revoked.",
        Flags = RunFlags.Own,
        RunsProgram = true,
        Example = new("Start a program with a password", "run -env=DB_PASSWORD=secret/data/app/db#password -- ./app -port=8080"),
    };

    public static Command RemoveFiles => new(FileGuardServer.Command, "Removes the files of a killed run.", RemoveFilesAsync)
    {
        CallsServer = false,
        Hidden = true,
        Example = null,
    };

    private static Task<int> RemoveFilesAsync(Invocation call, CancellationToken cancellation)
    {
        using var input = new StreamReader(call.Host.Input, leaveOpen: true);
        FileGuardServer.BeginSession();
        FileGuardServer.Serve(input, call.Host.LeaveSignals);
        return Task.FromResult(ExitCode.Done);
    }

    private static Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        foreach (var flag in (Flag[])[CommonFlags.OutputCurlString, CommonFlags.WrapTtl])
        {
            if (call.Has(flag))
                throw ExitException.Usage($"flag {flag} is not for {call.Command.Name}, which makes many requests");
        }
        return new RunSession(call, RunOptions.Read(call)).RunAsync(cancellation);
    }
}
