using Kist.Client.Agent;
using Kist.Client.Agent.Proxy;
using Kist.Client.Settings;

namespace Kist.Hosting.Agent.Local;

/// <summary>What the local API needs.</summary>
internal sealed record LocalApiOptions
{
    /// <summary>Where it listens; at least one.</summary>
    public required IReadOnlyList<LocalListener> Listeners { get; init; }

    /// <summary>Whose token it uses.</summary>
    public required ApiProxyConfig Proxy { get; init; }

    /// <summary>Whether answers with leases are kept.</summary>
    public CacheConfig Cache { get; init; } = new(false);

    /// <summary>How to reach the server.</summary>
    public required ClientSettings Settings { get; init; }

    /// <summary>The agent's token.</summary>
    public required AgentToken Token { get; init; }

    /// <summary>How the agent's parts are.</summary>
    public required AgentStatus Status { get; init; }

    /// <summary>What happens.</summary>
    public required AgentLog Log { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Ends the agent.</summary>
    public required Action Quit { get; init; }
}
