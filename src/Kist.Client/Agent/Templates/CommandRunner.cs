using Kist.Client.Run;
using Kist.Client.Run.Child;

namespace Kist.Client.Agent.Templates;

/// <summary>
/// Runs what is to be run when a file has changed: in a group of its own, which is killed when it takes too long or the agent ends.
/// </summary>
/// <param name="command">What to run.</param>
/// <param name="searchPath">PATH; null for the system's usual one.</param>
/// <param name="time">The clock.</param>
internal sealed class CommandRunner(TemplateCommand command, string? searchPath, TimeProvider time)
{
    private const int Kill = 9;
    private const string Shell = "/bin/sh";

    private static readonly TimeSpan UsualTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs it and waits for its end. It gets the agent's environment and output streams, and nothing to read.</summary>
    /// <exception cref="RunException">It could not be started, failed, or took too long.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var words = command.Command is [var line] ? [Shell, "-c", line] : command.Command;
        var timeout = command.Timeout > TimeSpan.Zero ? command.Timeout : UsualTimeout;
        using var environment = new ChildEnvironment(ChildEnvironment.OfThisProcess());
        var child = ChildProcess.Start(CommandFinder.Find(words[0], searchPath), words, environment, inOwnGroup: true);
        var ended = child.EndAsync(static () => { });
        try
        {
            await Waiting.ForEitherAsync(ended, timeout, time, cancellation);
        }
        finally
        {
            if (!ended.IsCompleted)
            {
                child.Signal(Kill);
                await ended;
            }
        }
        Judge(await ended, timeout);
    }

    private void Judge(ChildEnd end, TimeSpan timeout)
    {
        if (end.Signal == Kill)
            throw RunException.Secret($"the command was killed, which happens after {Wire.GoDuration.Format(timeout)}: {command.Command[0]}");
        if (end.ShellCode != 0)
            throw RunException.Secret($"the command failed with code {end.ShellCode}: {command.Command[0]}");
    }
}
