using System.Runtime.InteropServices;
using Kist.Client;
using Kist.Client.Agent;
using Kist.Client.Agent.Configuration;
using Kist.Client.Settings;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Hosting.Agent;

/// <summary>The agent from start to stop: its parts run beside each other and end together, and last of all its token.</summary>
internal static class AgentHost
{
    /// <summary>Runs the agent until <paramref name="stop"/>, or until it has nothing left to do.</summary>
    /// <param name="config">What to do.</param>
    /// <param name="settings">How to reach the server.</param>
    /// <param name="log">Takes its messages.</param>
    /// <param name="leaveSignals">Leaves SIGINT and SIGTERM to a part.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="AgentException">The agent cannot go on.</exception>
    /// <exception cref="ConfigException">A part's configuration is faulty.</exception>
    /// <exception cref="IOException">The file of the process's number cannot be written.</exception>
    public static async Task<int> RunAsync(AgentConfig config, ClientSettings settings, AgentLog log, Action leaveSignals, CancellationToken stop)
    {
        var hardened = ProcessHardening.Apply();
        if (!hardened.NotDumpable || !hardened.NoCoreFiles)
            log(AgentLogLevel.Warn, "core dumps could not be switched off");
        foreach (var setting in config.Ignored)
            log(AgentLogLevel.Warn, setting);
        if (settings.Tls.SkipVerify)
            log(AgentLogLevel.Warn, "the server's certificate is not checked (tls_skip_verify): whoever sits on the wire can read the tokens");
        using var pidFile = PidFile.Write(config.PidFile);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        // What is due counts the time that the machine was suspended.
        var time = BootClock.Instance;
        using var client = new KistClient(settings, time);
        var services = new AgentServices(config, settings, client, new AgentToken(), new AgentStatus(time), log, time, end.Cancel)
        {
            LeaveSignals = leaveSignals,
        };
        await using var login = config.AutoAuth is { } auth ? new LoginPart(services, auth) : null;
        await using var parts = new PartList(AgentParts.Create(services), log);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            parts.Reload();
            log(AgentLogLevel.Info, "reloaded certificates; the configuration is read at the start alone");
        });
        log(AgentLogLevel.Info, $"kist {NodeFactory.Version} runs as an agent of {settings.Address}");
        var code = await RunAsync(login, parts.Items, config.ExitAfterAuth, end, stop);
        log(AgentLogLevel.Info, "stopping");
        return code;
    }

    /// <summary>Runs login and parts. The token of an agent that has done all that it was to do once is left to whoever reads the files.</summary>
    internal static async Task<int> RunAsync(
        LoginPart? login, IReadOnlyList<IAgentPart> parts, bool once, CancellationTokenSource end, CancellationToken stop)
    {
        var code = await RunAsync(login is null ? parts : [login, .. parts], once, end);
        if (once && code == 0 && !stop.IsCancellationRequested)
            login?.KeepToken();
        return code;
    }

    /// <summary>Runs all parts until one of them ends the agent, all have done their work, or it is to stop.</summary>
    internal static async Task<int> RunAsync(IReadOnlyList<IAgentPart> parts, bool once, CancellationTokenSource end)
    {
        var running = parts.Select(part => part.RunAsync(once, end.Token)).ToList();
        int? code = null;
        try
        {
            while (running.Count > 0 && code is null)
            {
                var ended = await Task.WhenAny(running);
                running.Remove(ended);
                code = await ended;
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Asked to stop: the others end by the same request.
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(running.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return code ?? 0;
    }

    /// <summary>Gives all back, the last first.</summary>
    internal sealed class PartList(IReadOnlyList<IAgentPart> items, AgentLog log) : IAsyncDisposable
    {
        public IReadOnlyList<IAgentPart> Items => items;

        public void Reload()
        {
            foreach (var part in items)
                part.Reload();
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var part in items.Reverse())
            {
                try
                {
                    await part.DisposeAsync();
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // The others have leases to give back yet.
                    log(AgentLogLevel.Warn, $"a part did not end as it should: {e.Message}");
                }
            }
        }
    }
}
