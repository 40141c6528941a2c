using System.ComponentModel;
using System.Globalization;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Telemetry;

namespace Kist.Core.Sys;

/// <summary>Chooses the form of the metrics.</summary>
public sealed record MetricsRequest
{
    /// <summary>The form.</summary>
    [Description("\"prometheus\" for Prometheus' text format; otherwise JSON.")]
    public string Format { get; set; } = "";
}

/// <summary>The machine under the server, as far as its own files tell.</summary>
public sealed record HostInfoResponse
{
    /// <summary>When it was read.</summary>
    public DateTimeOffset Timestamp { get; init; }

    /// <summary>Processors.</summary>
    public HostCpu Cpu { get; init; } = new();

    /// <summary>Memory.</summary>
    public HostMemory Memory { get; init; } = new();

    /// <summary>System.</summary>
    public HostSystem Host { get; init; } = new();
}

/// <summary>Processors.</summary>
public sealed record HostCpu
{
    /// <summary>How many the process may use.</summary>
    public int Count { get; init; }
}

/// <summary>Memory, in bytes.</summary>
public sealed record HostMemory
{
    /// <summary>What the process may use in all.</summary>
    public long Total { get; init; }

    /// <summary>What this process uses.</summary>
    public long ProcessResident { get; init; }
}

/// <summary>System.</summary>
public sealed record HostSystem
{
    /// <summary>The host's name.</summary>
    public string Hostname { get; init; } = "";

    /// <summary><c>linux</c>.</summary>
    public string Os { get; init; } = "";

    /// <summary>The kernel's own description.</summary>
    public string KernelVersion { get; init; } = "";

    /// <summary>Seconds since this process started.</summary>
    public long ProcessUptime { get; init; }
}

/// <summary>The nodes of the cluster, as far as this one knows.</summary>
public sealed record HaStatusResponse
{
    /// <summary>This node alone: nodes of one store do not talk to one another.</summary>
    public IReadOnlyList<HaNode> Nodes { get; init; } = [];
}

/// <summary>A node of the cluster.</summary>
public sealed record HaNode
{
    /// <summary>The host's name.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>The address that clients reach it by.</summary>
    public string ApiAddress { get; init; } = "";

    /// <summary>Unused; clients expect it.</summary>
    public string ClusterAddress { get; init; } = "";

    /// <summary>Always true: every unsealed node serves.</summary>
    public bool ActiveNode { get; init; } = true;

    /// <summary>Unused; clients expect it.</summary>
    public DateTimeOffset? LastEcho { get; init; }

    /// <summary>The program's version.</summary>
    public string Version { get; init; } = "";
}

/// <summary>A request under way.</summary>
public sealed record InFlightResponse
{
    /// <summary>When it came in.</summary>
    public DateTimeOffset StartTime { get; init; }

    /// <summary>The client's address.</summary>
    public string ClientRemoteAddress { get; init; } = "";

    /// <summary>The path.</summary>
    public string RequestPath { get; init; } = "";

    /// <summary>The operation.</summary>
    public string RequestMethod { get; init; } = "";
}

/// <summary>Operations on the server as a process: metrics, host, requests under way, its API's description.</summary>
internal sealed class HostRoutes(Node node)
{
    public void Add(RouteMap map)
    {
        map.Read<MetricsRequest, TextBody>("metrics", Metrics, "Read metrics as JSON or for Prometheus.");
        map.Read<Nothing, HostInfoResponse>("host-info", HostInfo, "Read facts of the machine that this node runs on.").RequireSudo();
        map.Read<Nothing, SortedDictionary<string, InFlightResponse>>("in-flight-req", InFlight, "List the requests that this node is answering.")
            .RequireSudo().Answers(ResponseShape.Bare);
        map.Read<Nothing, HaStatusResponse>("ha-status", HaStatus, "Tell the node that answers; every node is active.").Answers(ResponseShape.AlsoAtTop);
        map.Read<Nothing, TextBody>("internal/specs/openapi", OpenApiAsync, "Read the OpenAPI description of all mounted routes.");
    }

    private ValueTask<Outcome<TextBody>> Metrics(MetricsRequest request, RequestContext context, CancellationToken ct) => new(
        request.Format == "prometheus"
            ? new TextBody(MetricsDocument.PrometheusType, MetricsDocument.Prometheus(node.Metrics, node.Gauges()))
            : new TextBody("application/json", MetricsDocument.Json(node.Metrics, node.Gauges(), node.Time.GetUtcNow())));

    private ValueTask<Outcome<HostInfoResponse>> HostInfo(Nothing request, RequestContext context, CancellationToken ct) => new(new HostInfoResponse
    {
        Timestamp = node.Time.GetUtcNow(),
        Cpu = new HostCpu { Count = Environment.ProcessorCount },
        Memory = new HostMemory { Total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, ProcessResident = Environment.WorkingSet },
        Host = new HostSystem
        {
            Hostname = Environment.MachineName,
            Os = OperatingSystem.IsLinux() ? "linux" : Environment.OSVersion.Platform.ToString().ToLower(CultureInfo.InvariantCulture),
            KernelVersion = System.Runtime.InteropServices.RuntimeInformation.OSDescription,
            ProcessUptime = (long)node.Uptime.TotalSeconds,
        },
    });

    private ValueTask<Outcome<SortedDictionary<string, InFlightResponse>>> InFlight(Nothing request, RequestContext context, CancellationToken ct)
    {
        var requests = new SortedDictionary<string, InFlightResponse>(StringComparer.Ordinal);
        foreach (var (underWay, started) in node.InFlight.Snapshot())
        {
            requests[underWay.Id] = new InFlightResponse
            {
                StartTime = started,
                ClientRemoteAddress = underWay.ClientAddress?.ToString() ?? "",
                RequestPath = underWay.Path,
                RequestMethod = RouteHelp.Verb(underWay.Operation).Trim(),
            };
        }
        return new(requests);
    }

    private ValueTask<Outcome<HaStatusResponse>> HaStatus(Nothing request, RequestContext context, CancellationToken ct) => new(new HaStatusResponse
    {
        Nodes = [new HaNode { Hostname = Environment.MachineName, ApiAddress = node.Options.ApiAddress, Version = node.Options.Version }],
    });

    private async ValueTask<Outcome<TextBody>> OpenApiAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var table = await node.Mounts.CurrentAsync(ct);
        return new TextBody("application/json", OpenApiDocument.Render(table.All, node.Options.Version));
    }
}
