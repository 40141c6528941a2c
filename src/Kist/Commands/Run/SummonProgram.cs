using System.Text;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Commands.Run;

/// <summary>The program <c>summon</c>, for those who call us through a link of that name: its flags, messages and exit codes.</summary>
internal static class SummonProgram
{
    private const int BadFlag = 255;

    public static async Task<int> RunAsync(CliHost host, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var own = FlagParser.Leading(arguments, RunFlags.OfSummon);
        if (arguments is ["help" or "h", ..] || own.Any(static a => a is "-h" or "--h" or "-help" or "--help"))
        {
            await host.Output.WriteAsync(Usage());
            return ExitCode.Done;
        }
        try
        {
            var parsed = FlagParser.Parse(arguments, RunFlags.OfSummon, endAtArgument: true);
            if (parsed.Switch(RunFlags.Version))
            {
                await host.Output.WriteLineAsync($"summon version {ProgramCommands.VersionNumber}");
                return ExitCode.Done;
            }
            using var call = new Invocation(host, RunCommand.Run, parsed);
            return await new RunSession(call, RunOptions.ReadSummon(parsed)).RunAsync(cancellation);
        }
        catch (ExitException e)
        {
            await host.Output.WriteLineAsync($"{e.Message}\n\n{Usage()}");
            return BadFlag;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }

    private static string Usage()
    {
        var text = new StringBuilder("summon: parse secrets.yml and export environment variables (Kist, in place of Summon)\n\n")
            .Append("Usage: summon [flags] COMMAND [arguments]\n\n");
        foreach (var flag in RunFlags.OfSummon)
            text.Append("  ").Append(HelpText.Signature(flag)).Append("\n      ").Append(flag.Summary).Append('\n');
        return text.ToString();
    }
}
