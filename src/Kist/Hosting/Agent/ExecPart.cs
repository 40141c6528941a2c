using Kist.Client.Agent;
using Kist.Client.Agent.Exec;

namespace Kist.Hosting.Agent;

/// <summary>Runs a program with secrets in its environment. With the program, the agent ends.</summary>
internal sealed class ExecPart : IAgentPart
{
    private readonly AgentExec exec;
    private readonly Action leaveSignals;

    /// <exception cref="AgentException">A template is faulty, or there is no such program.</exception>
    public ExecPart(AgentServices services, ExecConfig program)
    {
        var config = services.Config;
        leaveSignals = services.LeaveSignals;
        exec = new AgentExec(
            program,
            config.EnvTemplates,
            config.TemplateOptions ?? new(),
            services.Client,
            services.Token,
            services.Status,
            services.Log,
            TemplateVariables.Read(services.Time));
    }

    public async Task<int?> RunAsync(bool once, CancellationToken stop) => await exec.RunAsync(leaveSignals, stop);

    public ValueTask DisposeAsync() => exec.DisposeAsync();
}
