using Kist.Client;
using Kist.Client.Settings;
using Kist.Commands.Arguments;

namespace Kist.Commands.Cli;

/// <summary>
/// The way of a command line: find the command, read its flags, run it, turn whatever happens into an exit code and one clear message.
/// </summary>
internal static class CommandLine
{
    private static readonly string[] HelpFlags = ["-h", "-help", "--help"];
    private static readonly string[] VersionFlags = ["-v", "-version", "--version"];

    /// <summary>Runs a command line and answers the exit code.</summary>
    public static async Task<int> RunAsync(
        CliHost host, IReadOnlyList<CommandGroup> groups, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        if (LinkedPrograms.Find(host.ProgramName) is { } linked)
            return await linked(host, groups, arguments, cancellation);
        Command? command = null;
        ParsedArguments? parsed = null;
        try
        {
            if (FindHelp(host, groups, arguments) is { } helped)
                return helped;
            var words = VersionFlags.Contains(arguments[0], StringComparer.Ordinal) ? ["version"] : arguments;
            command = CommandFinder.Find(groups, words);
            parsed = Parse(command, words);
            using var invocation = new Invocation(host, command, parsed);
            return await command.Run(invocation, cancellation);
        }
        catch (ExitException e) when (e.Code == ExitCode.Usage)
        {
            return Fail(host, e.Code, $"{e.Message}\n\nFor help: {host.ProgramName} {(command is null ? "" : command.Name + " ")}-h");
        }
        catch (ExitException e)
        {
            return Fail(host, e.Code, e.Message);
        }
        catch (SettingException e)
        {
            return Fail(host, ExitCode.Usage, e.Message);
        }
        catch (Exception e) when (e is ApiException or ConnectionException)
        {
            return Fail(host, command is null || parsed is null ? ExitCode.Failed : command.FailureCode(parsed), e.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }

    private static ParsedArguments Parse(Command command, IReadOnlyList<string> arguments)
    {
        var rest = arguments.Skip(command.Words.Length).ToList();
        if (command.TakesRawArguments)
            return new ParsedArguments(new Dictionary<Flag, IReadOnlyList<string>>(), rest);
        var parsed = FlagParser.Parse(rest, command.AllFlags, command.RunsProgram);
        var (least, most) = command.Arity;
        var count = parsed.Positional.Count;
        var takes = most == 0 ? "none" : command.Arguments;
        if (count < least)
            throw ExitException.Usage($"too few arguments: {command.Name} takes {takes}");
        if (count > most)
            throw ExitException.Usage($"too many arguments: {command.Name} takes {takes}");
        return parsed;
    }

    /// <summary>Prints help where the line asks for it, or says too little; null when it names a command to run.</summary>
    private static int? FindHelp(CliHost host, IReadOnlyList<CommandGroup> groups, IReadOnlyList<string> arguments)
    {
        var asked = arguments is ["help", ..];
        var words = (asked ? arguments.Skip(1) : Own(groups, arguments)).ToList();
        var flagged = words.Any(static w => HelpFlags.Contains(w, StringComparer.Ordinal));
        words.RemoveAll(static w => FlagParser.IsFlag(w) && HelpFlags.Contains(w, StringComparer.Ordinal));
        var found = CommandFinder.Try(groups, words);
        if (found is { TakesRawArguments: true })
            return null;
        if (!asked && !flagged && words.Count > 0 && (found is not null || !CommandFinder.IsPrefix(groups, words)))
            return null;
        var wanted = asked || flagged;
        var help = found is not null ? HelpText.ForCommand(found, host.ProgramName) : HelpText.ForCommands(groups, words, host.ProgramName);
        (wanted ? host.Output : host.Error).Write(help);
        return wanted ? ExitCode.Done : ExitCode.Usage;
    }

    // The words that are this program's own; what is behind them is data, or another program's command line.
    private static IEnumerable<string> Own(IReadOnlyList<CommandGroup> groups, IReadOnlyList<string> arguments) =>
        CommandFinder.Try(groups, arguments) is { RunsProgram: true } command
            ? [.. command.Words, .. FlagParser.Leading([.. arguments.Skip(command.Words.Length)], command.AllFlags)]
            : arguments.TakeWhile(static a => a != "--");

    private static int Fail(CliHost host, int code, string message)
    {
        if (message.Length > 0)
            host.Tell(message);
        return code;
    }
}
