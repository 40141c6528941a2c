using Kist.Client.Run;
using Kist.Client.Run.Child;
using Kist.Client.Settings;
using Kist.Commands.Cli;

namespace Kist.Commands.Run;

/// <summary>One run from options to exit code, with the messages and codes of Kist or of Summon.</summary>
internal sealed class RunSession(Invocation call, RunOptions options)
{
    private const int SummonFailure = 127;

    private readonly CliHost host = call.Host;

    /// <summary>Runs; answers the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        try
        {
            return await TryAsync(cancellation);
        }
        catch (Exception e) when (e is RunException or SettingException)
        {
            return Fail(e);
        }
    }

    private async Task<int> TryAsync(CancellationToken cancellation)
    {
        var sources = new RunSources(call, options);
        if (options.ListsProviders)
        {
            await host.Output.WriteAsync(await sources.DescribeProvidersAsync(cancellation));
            return ExitCode.Done;
        }
        if (options.Command.Count == 0)
        {
            throw RunException.Usage(options.LikeSummon
                ? "Enter a subprocess to run!"
                : $"say which program to run: {host.ProgramName} run [flags] -- COMMAND [arguments]");
        }
        Debug("Loading summon configuration", $"command={options.Command[0]}");
        var plan = new RunPlanner(host, options, sources).Plan();
        var asked = plan.Variables.Concat(plan.Files.SelectMany(static f => f.Secrets)).Where(static s => s.Spec.Tag.IsVariable).ToList();
        Debug("Fetching secrets", $"count={asked.Count} provider={sources.Name}");
        foreach (var secret in asked)
            Debug("Fetching secret", $"name={secret.Spec.Name}");
        sources.Kist.IsAlone = plan.Files.Count == 0 && asked.TrueForAll(s => s.Source == sources.Kist);
        var run = new SecretRun(plan, sources.Leases, sources.Versions, plan.Watch is null ? null : sources.Watch, Tell);
        return Code(await run.RunAsync(host.LeaveSignals, cancellation));
    }

    private int Code(ChildEnd end)
    {
        if (!options.LikeSummon || end.Signal == 0)
            return end.ShellCode;
        host.Output.WriteLine($"signal: {SignalNames.Of(end.Signal)}");
        return SummonFailure;
    }

    private int Fail(Exception failure)
    {
        if (options.LikeSummon)
        {
            host.Output.WriteLine(failure.Message);
            return SummonFailure;
        }
        host.Tell(failure.Message);
        return (failure as RunException)?.Fault switch
        {
            RunFault.Secret => ExitCode.Failed,
            RunFault.CommandNotFound => 127,
            RunFault.CommandNotExecutable => 126,
            _ => ExitCode.Usage,
        };
    }

    private void Tell(string message) => host.Tell($"kist run: {message}");

    private void Debug(string message, string fields)
    {
        if (options.Debug)
            host.Tell($"level=DEBUG msg=\"{message}\" {fields}");
    }
}
