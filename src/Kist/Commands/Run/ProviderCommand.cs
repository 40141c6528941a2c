using Kist.Client.Run;
using Kist.Client.Run.Providers;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Commands.Run;

/// <summary><c>provider</c>: Kist as one of Summon's providers.</summary>
internal static class ProviderCommand
{
    public const string Name = "provider";

    private static readonly Flag Version = Flag.Switch("version", "Print the version's number.");

    public static Command Provider => new(Name, "Gives secrets to Summon, as one of its providers.", ProvideAsync)
    {
        Arguments = "[ID]",
        Description = "Summon calls it through a link named summon-kist in its folder of providers. An id is path#field, as in "
            + "secret/data/app/db#password. With an id, its value is printed as it is; without one, ids are read from standard input, one a line, and "
            + "each is answered with a line of base64.",
        Flags = [Version],
        Example = new("See what Summon would get", "provider secret/data/app/db#password"),
    };

    private static async Task<int> ProvideAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Switch(Version))
        {
            await call.Host.Output.WriteLineAsync(ProgramCommands.VersionNumber);
            return ExitCode.Done;
        }
        var source = new RunSources(call, new RunOptions([])).Kist;
        try
        {
            var failure = call.Argument(0) is { } id
                ? await PrintAsync(source, id, cancellation)
                : await ProviderServer.ServeAsync(call.Host.Input, call.Host.OutputBytes, source, cancellation);
            return failure is null ? ExitCode.Done : throw ExitException.Failed(failure);
        }
        catch (RunException e)
        {
            throw ExitException.Failed(e.Message);
        }

        async Task<string?> PrintAsync(ISecretSource from, string wanted, CancellationToken stop)
        {
            var answer = (await from.FetchAsync([wanted], stop))[0];
            if (answer.Value is null)
                return answer.Error;
            using (answer.Value)
                call.Host.OutputBytes.Write(answer.Value.Span);
            await call.Host.OutputBytes.FlushAsync(stop);
            return null;
        }
    }
}
