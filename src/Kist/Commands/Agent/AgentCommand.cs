using Kist.Client.Agent;
using Kist.Client.Agent.Configuration;
using Kist.Client.Settings;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Hosting;
using Kist.Hosting.Agent;

namespace Kist.Commands.Agent;

/// <summary><c>agent</c>.</summary>
internal static class AgentCommand
{
    private static readonly Flag Config = Flag.Each(
        "config", "PATH", "A configuration file, or a folder of such files: HCL or JSON with Vault Agent's keys, or YAML. May be repeated; what later ones say counts.");

    private static readonly Flag LogLevel = Flag.Choice("log-level", ["trace", "debug", "info", "warn", "error"], "How much to log. Default info.");

    private static readonly Flag LogFormat = Flag.Choice("log-format", ["standard", "json"], "Log for people or for programs. Default standard.");

    private static readonly Flag ExitAfterAuth = Flag.Switch(
        "exit-after-auth", "End once the token is written and all templates are rendered; the token is not revoked then.");

    private static readonly Flag Check = Flag.Switch("check", "Read the configuration and the templates, say what would be done, and end. Nothing is sent.");

    public static Command Agent { get; } = new("agent", "Log in, keep the token, and bring secrets to files and programs.", RunAsync)
    {
        Description = "Takes Vault Agent's configuration as it is. Runs until SIGTERM or SIGINT; then its leases and its token are revoked. While the server "
            + "is away, the last good token and files stand. KIST_ADDR, VAULT_ADDR and their like go before the configuration. Settings: docs/reference/agent.md.",
        Flags = [Config, LogLevel, LogFormat, ExitAfterAuth, Check],
        CallsServer = false,
        Example = new("Start with a configuration", "agent -config=/etc/kist/agent.hcl"),
    };

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var paths = call.List(Config);
        if (paths.Count == 0 && call.Host.Variable("VAULT_AGENT_CONFIG_PATH") is { Length: > 0 } path)
            paths = [path];
        if (paths.Count == 0)
            throw ExitException.Usage("-config=PATH is required");
        try
        {
            var config = Overridden(call, new AgentConfigReader().ReadPaths(paths));
            var settings = AgentSettings.Read(config.Server, call.Host.Variable, call.Host.ActsAsVault);
            if (call.Switch(Check))
                return CheckOnly(call, config, settings);
            DiagnosticsSocket.TurnOff(call.Host.Variable);
            using var logging = new AgentLogging(config.LogLevel, config.LogFormat);
            return await AgentHost.RunAsync(config, settings, logging.Write, call.Host.LeaveSignals, cancellation);
        }
        catch (AgentException e)
        {
            throw ExitException.Failed(e.Message);
        }
        catch (Exception e) when (e is ConfigException or IOException or UnauthorizedAccessException)
        {
            throw ExitException.Usage(e.Message);
        }
    }

    private static AgentConfig Overridden(Invocation call, AgentConfig config)
    {
        var overridden = config with
        {
            LogLevel = call.Text(LogLevel) ?? config.LogLevel,
            LogFormat = call.Text(LogFormat) ?? config.LogFormat,
            ExitAfterAuth = config.ExitAfterAuth || call.Switch(ExitAfterAuth),
        };
        // What a flag says must fit as what the files say.
        var faults = AgentConfigRules.Faults(overridden).ToList();
        return faults.Count == 0 ? overridden : throw new ConfigException(string.Join('\n', faults));
    }

    private static int CheckOnly(Invocation call, AgentConfig config, ClientSettings settings)
    {
        var faults = AgentSummary.Faults(config).ToList();
        if (faults.Count > 0)
            throw ExitException.Usage(string.Join('\n', faults));
        foreach (var line in AgentSummary.Lines(config, settings))
            call.Host.Output.WriteLine(line);
        return ExitCode.Done;
    }
}
