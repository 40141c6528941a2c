using Kist.Client;
using Kist.Client.Agent;
using Kist.Client.Agent.Configuration;
using Kist.Client.Settings;

namespace Kist.Hosting.Agent;

/// <summary>A part of the agent that works with its token: templates, the program that it runs, the local API.</summary>
internal interface IAgentPart : IAsyncDisposable
{
    /// <summary>Works until <paramref name="stop"/>.</summary>
    /// <param name="once">Returns when all has been done once.</param>
    /// <param name="stop">Ends it; what it holds is given back by its disposal.</param>
    /// <returns>The exit code of an agent that is to end because this part has; null when the others go on.</returns>
    /// <exception cref="AgentException">The agent cannot go on.</exception>
    Task<int?> RunAsync(bool once, CancellationToken stop);

    /// <summary>Reads its certificates again, after SIGHUP.</summary>
    void Reload()
    {
    }
}

/// <summary>What the parts share.</summary>
/// <param name="Config">What to do.</param>
/// <param name="Settings">How to reach the server; without a token.</param>
/// <param name="Client">Speaks to the server; each request brings the token.</param>
/// <param name="Token">The agent's token.</param>
/// <param name="Status">How the parts are.</param>
/// <param name="Log">What happens.</param>
/// <param name="Time">The clock.</param>
/// <param name="Quit">Ends the agent.</param>
internal sealed record AgentServices(
    AgentConfig Config, ClientSettings Settings, KistClient Client, AgentToken Token, AgentStatus Status, AgentLog Log, TimeProvider Time, Action Quit)
{
    /// <summary>Leaves SIGINT and SIGTERM to the part that calls it, which passes them on to its program.</summary>
    public Action LeaveSignals { get; init; } = static () => { };
}
