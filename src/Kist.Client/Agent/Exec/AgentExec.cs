using Kist.Client.Agent.Templates;
using Kist.Client.Run;
using Kist.Client.Run.Child;
using Kist.Client.Templates;

namespace Kist.Client.Agent.Exec;

/// <summary>
/// The agent's part that runs a program with secrets in its environment, and nowhere else. Signals that the agent gets are the program's; when the
/// program ends by itself, so does the agent.
/// </summary>
public sealed class AgentExec : IAsyncDisposable
{
    /// <summary>The program's name in the agent's status.</summary>
    public const string Part = "exec";

    private readonly ExecConfig config;
    private readonly TemplateEngine engine;
    private readonly EnvironmentTemplates variables;
    private readonly string path;

    /// <summary>Reads and parses the templates, and finds the program; nothing runs yet.</summary>
    /// <param name="config">What to run.</param>
    /// <param name="templates">Its variables.</param>
    /// <param name="options">What holds for all templates.</param>
    /// <param name="client">Speaks to the server; it has no token of its own.</param>
    /// <param name="token">The agent's token.</param>
    /// <param name="status">Is told how the parts are.</param>
    /// <param name="log">Is told what happens.</param>
    /// <param name="environment">The clock, and the variables that templates find.</param>
    /// <exception cref="AgentException">Templates are faulty, all of which are told, or there is no such program.</exception>
    public AgentExec(
        ExecConfig config,
        IReadOnlyList<EnvTemplateConfig> templates,
        TemplateOptionsConfig options,
        KistClient client,
        AgentToken token,
        AgentStatus status,
        AgentLog log,
        TemplateEnvironment environment)
    {
        this.config = config;
        engine = new TemplateEngine(options, client, token, status, log, environment.Time);
        var loaded = LoadedTemplate.LoadAll(templates.Select(static t => (t.Template, t.Name)));
        variables = new EnvironmentTemplates([.. templates.Zip(loaded, static (t, l) => (t.Name, l))], environment, engine);
        try
        {
            path = CommandFinder.Find(config.Command[0], environment.Variables.GetValueOrDefault("PATH"));
        }
        catch (RunException e)
        {
            throw new AgentException($"exec: {e.Message}");
        }
        status.Expect(variables.Part);
        status.Expect(Part);
    }

    /// <summary>Runs the program until it ends by itself, or <paramref name="cancellation"/>.</summary>
    /// <param name="takeSignals">Called before the program starts: from then on, signals are passed on to it.</param>
    /// <param name="cancellation">Ends the program, with the signal that asks it to stop, and then the run.</param>
    /// <returns>The program's exit code, or 128 and the number of the signal that ended it.</returns>
    /// <exception cref="AgentException">The program cannot be started, or a template failed too often and the configuration says that the agent ends
    /// then.</exception>
    public async Task<int> RunAsync(Action takeSignals, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var rendering = engine.RunAsync([variables], once: false, over.Token);
        var running = SuperviseAsync(takeSignals, over.Token);
        try
        {
            // Rendering goes on until it is ended, or fails.
            await await Task.WhenAny(rendering, running);
            return await running;
        }
        catch (RunException e)
        {
            throw new AgentException($"exec: {e.Message}");
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(rendering, running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ends the leases that the templates got; takes at most five seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        variables.Dispose();
        await engine.EndAsync();
    }

    private async Task<int> SuperviseAsync(Action takeSignals, CancellationToken cancellation)
    {
        await variables.NextAsync(0, cancellation);
        using var relay = new SignalRelay(killsOnAnySecond: false);
        takeSignals();
        while (true)
        {
            var (child, version) = variables.Start(Start);
            relay.Attach(child);
            engine.Status.Good(Part);
            engine.Log(AgentLogLevel.Info, $"started {config.Command[0]}, process {child.Id}");
            var ended = child.EndAsync(SignalRelay.Follow);
            if (!await MustRestartAsync(child, ended, version, relay, cancellation))
                return Told(await ended);
            relay.Detach();
            engine.Status.Count("kist_agent_exec_restarts_total");
        }
    }

    // False when the program has ended by itself, or by a signal that was passed on to it.
    private async Task<bool> MustRestartAsync(
        ChildProcess child, Task<ChildEnd> ended, long version, SignalRelay relay, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var restarts = config.RestartOnSecretChanges != "never";
        var changed = restarts ? variables.NextAsync(version, over.Token) : Task.Delay(Timeout.InfiniteTimeSpan, engine.Time, over.Token);
        await Task.WhenAny(ended, changed);
        await over.CancelAsync();
        await changed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // What was asked to end by a signal that was passed on may take its time.
        if (relay.IsEnding)
            await Task.WhenAny(ended, Task.Delay(Timeout.InfiniteTimeSpan, engine.Time, cancellation));
        if (ended.IsCompleted)
            return false;
        var reason = cancellation.IsCancellationRequested ? "stopping the program" : "its secrets have changed: starting the program anew";
        engine.Log(AgentLogLevel.Info, reason);
        await StopAsync(child, ended);
        cancellation.ThrowIfCancellationRequested();
        return !relay.IsEnding;
    }

    private async Task StopAsync(ChildProcess child, Task<ChildEnd> ended)
    {
        const int Kill = 9;
        child.Signal(config.RestartStopSignal);
        await Waiting.ForEitherAsync(ended, config.RestartKillTimeout, engine.Time, CancellationToken.None);
        if (!ended.IsCompleted)
        {
            engine.Log(AgentLogLevel.Warn, $"the program does not stop within {Wire.GoDuration.Format(config.RestartKillTimeout)}: killing it");
            child.Signal(Kill);
        }
        await ended;
    }

    private ChildProcess Start(ChildEnvironment environment) => ChildProcess.Start(path, config.Command, environment);

    private int Told(ChildEnd end)
    {
        var reason = end.Signal == 0 ? $"ended with code {end.ExitCode}" : $"was ended by SIG{SignalNames.NameOf(end.Signal)}";
        engine.Status.Bad(Part, $"the program {reason}");
        engine.Log(AgentLogLevel.Info, $"the program {reason}");
        return end.ShellCode;
    }
}
