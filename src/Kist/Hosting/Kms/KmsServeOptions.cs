using System.Net;
using Kist.Kubernetes.Kms;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Hosting.Kms;

/// <summary>How <c>kms serve</c> was asked to run.</summary>
internal sealed record KmsServeOptions
{
    /// <summary>Path of the socket.</summary>
    public required string Socket { get; init; }

    /// <summary>Its mode.</summary>
    public UnixFileMode SocketMode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Which versions of the interface to answer.</summary>
    public required IReadOnlySet<KmsApi> Apis { get; init; }

    /// <summary>The remote key.</summary>
    public required IRemoteKey Remote { get; init; }

    /// <summary>The fallback key, or null.</summary>
    public IRemoteKey? Fallback { get; init; }

    /// <summary>Why the remote key lies in a cluster; null when it does not seem to.</summary>
    public string? InCluster { get; init; }

    /// <summary>The remote key's address when it is reached over a network without TLS; else null.</summary>
    public string? InClear { get; init; }

    /// <summary>How the plugin behaves.</summary>
    public KmsPluginOptions Plugin { get; init; } = new();

    /// <summary>Where health and metrics are served, or null.</summary>
    public IPEndPoint? HealthAddress { get; init; }

    /// <summary>The audit file, or null.</summary>
    public string? AuditFile { get; init; }

    /// <summary>Level and format of the log.</summary>
    public ServerConfig Logging { get; init; } = new();
}
