using Kist.Commands.Cli;

namespace Kist.Commands;

/// <summary><c>completion</c>, and the hidden commands that its scripts and the documentation call.</summary>
internal static class CompletionCommands
{
    public static Command Completion => new("completion", "Prints a script that completes commands, flags and paths in your shell.", ShowScript)
    {
        Arguments = "SHELL",
        Description = "The shell is bash, zsh or fish.",
        CallsServer = false,
        Example = new("Switch completion on in this bash", "completion bash > ~/.kist-completion && . ~/.kist-completion"),
    };

    /// <summary>Answers the words that can stand where the cursor is.</summary>
    public static Command Complete => new("__complete", "Answers candidates for the last of the words.", CompleteAsync)
    {
        Arguments = "[WORD...]",
        CallsServer = false,
        Hidden = true,
        TakesRawArguments = true,
        Example = new("Complete a verb", "__complete kv g"),
    };

    /// <summary>Prints <c>docs/reference/cli.md</c>.</summary>
    public static Command Reference => new("__reference", "Prints the reference page of all commands.", ShowReference)
    {
        CallsServer = false,
        Hidden = true,
        Example = new("Renew the page", "__reference > docs/reference/cli.md"),
    };

    private static Task<int> ShowScript(Invocation call, CancellationToken cancellation)
    {
        call.Output.Write(CompletionScript.For(call.Arguments[0], call.Host.ProgramName));
        return Task.FromResult(ExitCode.Done);
    }

    private static async Task<int> CompleteAsync(Invocation call, CancellationToken cancellation)
    {
        foreach (var candidate in await Completer.CandidatesAsync(call.Host, CommandTable.Groups, call.Arguments, cancellation))
            call.Output.Write(candidate + "\n");
        return ExitCode.Done;
    }

    private static Task<int> ShowReference(Invocation call, CancellationToken cancellation)
    {
        call.Output.Write(ReferencePage.Render(CommandTable.Groups));
        return Task.FromResult(ExitCode.Done);
    }
}
