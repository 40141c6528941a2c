using System.Text.Json.Serialization;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Sys;

/// <summary><c>sys/health</c>. The dialect derives the status that load balancers look at.</summary>
public sealed record HealthResponse
{
    /// <summary>True once <c>sys/init</c> has succeeded on the store.</summary>
    public bool Initialized { get; init; }

    /// <summary>True while the barrier is sealed.</summary>
    public bool Sealed { get; init; }

    /// <summary>Always false: every unsealed node serves.</summary>
    public bool Standby { get; init; }

    /// <summary>Always false.</summary>
    public bool PerformanceStandby { get; init; }

    /// <summary>Always <c>disabled</c>.</summary>
    public string ReplicationPerformanceMode { get; init; } = "disabled";

    /// <summary>Always <c>disabled</c>.</summary>
    public string ReplicationDrMode { get; init; } = "disabled";

    /// <summary>Unix time in seconds.</summary>
    public long ServerTimeUtc { get; init; }

    /// <summary>The program's version.</summary>
    public string Version { get; init; } = "";

    /// <summary>From the configuration, or made from the cluster's id; null while sealed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ClusterName { get; init; }

    /// <summary>A UUID that all nodes of a store share, made at init; null while sealed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ClusterId { get; init; }

    /// <summary>The store's content is known as of at most two seconds ago.</summary>
    public bool StoreFresh { get; init; }

    /// <summary>What an operator should look at: no audit device, a clock that jumped, a failing device.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}

/// <summary><c>sys/leader</c>: every node is active.</summary>
public sealed record LeaderResponse
{
    /// <summary>True with a store that several nodes can share.</summary>
    public bool HaEnabled { get; init; }

    /// <summary>Every unsealed node serves requests itself.</summary>
    public bool IsSelf { get; init; } = true;

    /// <summary>This node's address.</summary>
    public string LeaderAddress { get; init; } = "";

    /// <summary>Unused; clients expect it.</summary>
    public string LeaderClusterAddress { get; init; } = "";

    /// <summary>Unused; clients expect it.</summary>
    public bool PerformanceStandby { get; init; }
}

/// <summary>What load balancers, probes and clients ask without a token.</summary>
internal sealed class HealthRoutes(Node node)
{
    public void Add(RouteMap map)
    {
        map.Read<Nothing, HealthResponse>("health", HealthAsync, "Tell whether this node is initialised, unsealed and in contact with its store.")
            .AllowUnauthenticated().AllowSealed().Answers(ResponseShape.Bare);
        map.Read<Nothing, LeaderResponse>("leader", Leader, "Tell which node leads; every node serves.")
            .AllowUnauthenticated().AllowSealed().Answers(ResponseShape.Bare);
    }

    private async ValueTask<Outcome<HealthResponse>> HealthAsync(Nothing request, RequestContext context, CancellationToken cancellationToken) =>
        await node.HealthAsync(cancellationToken);

    private ValueTask<Outcome<LeaderResponse>> Leader(Nothing request, RequestContext context, CancellationToken cancellationToken) =>
        new(new LeaderResponse { HaEnabled = node.Options.SharedStore, LeaderAddress = node.Options.ApiAddress });
}
