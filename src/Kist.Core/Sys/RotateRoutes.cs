using System.ComponentModel;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Sys;

/// <summary>The term that encrypts now.</summary>
public sealed record KeyStatusResponse
{
    /// <summary>From 1.</summary>
    public long Term { get; init; }

    /// <summary>When it started.</summary>
    public DateTimeOffset InstallTime { get; init; }

    /// <summary>Values encrypted under it.</summary>
    public long Encryptions { get; init; }
}

/// <summary>When a new term starts by itself. Absent fields stay as they are.</summary>
public sealed record RotateConfigRequest
{
    /// <summary>Encryptions under one term.</summary>
    [Description("Encryptions after which a new term starts, 1000000 to 3865470566.")]
    public long? MaxOperations { get; set; }

    /// <summary>Age of a term.</summary>
    [Description("Age after which a new term starts: 0 for no limit, otherwise at least 24h.")]
    public TimeSpan? Interval { get; set; }

    /// <summary>On or off.</summary>
    [Description("False leaves rotation to the command.")]
    public bool? Enabled { get; set; }
}

/// <summary>When a new term starts by itself.</summary>
public sealed record RotateConfigResponse
{
    /// <summary>Encryptions under one term.</summary>
    public long MaxOperations { get; init; }

    /// <summary>Age of a term in seconds; 0 for no limit.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>On or off.</summary>
    public bool Enabled { get; init; }
}

/// <summary><c>sys/rotate</c> and <c>sys/key-status</c>.</summary>
internal sealed class RotateRoutes(Node node)
{
    public void Add(RouteMap map)
    {
        map.Read<Nothing, KeyStatusResponse>("key-status", Status, "Tell which term of the keyring encrypts.")
            .RequireSudo().Answers(ResponseShape.AlsoAtTop);
        foreach (var path in new[] { "rotate", "rotate/keyring" })
        {
            map.Write<Nothing, Nothing>(path, RotateAsync, "Start a new term of the keyring; older values stay readable.").RequireSudo();
            map.Read<Nothing, RotateConfigResponse>(path + "/config", ReadConfig, "Tell when a new term starts by itself.").RequireSudo();
            map.Write<RotateConfigRequest, Nothing>(path + "/config", WriteConfigAsync, "Set when a new term starts by itself.").RequireSudo();
        }
    }

    private ValueTask<Outcome<KeyStatusResponse>> Status(Nothing request, RequestContext context, CancellationToken ct)
    {
        var status = node.Barrier.KeyStatus;
        return new(new KeyStatusResponse { Term = status.Term, InstallTime = status.InstalledAt, Encryptions = status.Encryptions });
    }

    private async ValueTask<Outcome<Nothing>> RotateAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        await node.Barrier.RotateAsync(ct);
        return Outcome.Done;
    }

    private ValueTask<Outcome<RotateConfigResponse>> ReadConfig(Nothing request, RequestContext context, CancellationToken ct)
    {
        var config = node.Barrier.Rotation;
        return new(new RotateConfigResponse { MaxOperations = config.MaxOperations, Interval = config.Interval, Enabled = config.Enabled });
    }

    private async ValueTask<Outcome<Nothing>> WriteConfigAsync(RotateConfigRequest request, RequestContext context, CancellationToken ct) =>
        await node.Barrier.ConfigureRotationAsync(
            current => new RotationConfig
            {
                MaxOperations = request.MaxOperations ?? current.MaxOperations,
                Interval = request.Interval ?? current.Interval,
                Enabled = request.Enabled ?? current.Enabled,
            },
            ct);
}
