using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Engines.Kv.Json;
using Kist.Engines.Kv.V2.Stored;
using Kist.Wire;

namespace Kist.Engines.Kv.V2;

internal sealed record MetadataResponse
{
    [Description("Every write needs the cas option.")]
    [AuditPlain]
    public bool CasRequired { get; init; }

    [Description("When the secret came to be.")]
    [AuditPlain]
    public DateTimeOffset CreatedTime { get; init; }

    [Description("The latest version; 0 when none was written yet.")]
    [AuditPlain]
    public long CurrentVersion { get; init; }

    [Description("Labels of the secret, or null.")]
    public IReadOnlyDictionary<string, string>? CustomMetadata { get; init; }

    [Description("Age at which a new version is deleted; 0s for the mount's setting.")]
    [AuditPlain]
    public string DeleteVersionAfter { get; init; } = "";

    [Description("Versions to keep; 0 for the mount's setting.")]
    [AuditPlain]
    public int MaxVersions { get; init; }

    [Description("The oldest version kept; 0 until versions had to be removed.")]
    [AuditPlain]
    public long OldestVersion { get; init; }

    [Description("When the latest version was written.")]
    [AuditPlain]
    public DateTimeOffset UpdatedTime { get; init; }

    [Description("The versions by number.")]
    public IReadOnlyDictionary<string, VersionState> Versions { get; init; } = new Dictionary<string, VersionState>(StringComparer.Ordinal);

    public static MetadataResponse Of(HeadRecord head, IReadOnlyDictionary<string, VersionState> versions) => new()
    {
        CasRequired = head.CasRequired,
        CreatedTime = head.Created,
        CurrentVersion = head.Current,
        CustomMetadata = head.CustomMetadata,
        DeleteVersionAfter = GoDuration.Format(head.DeleteVersionAfter),
        MaxVersions = head.MaxVersions,
        OldestVersion = head.Oldest,
        UpdatedTime = head.Updated,
        Versions = versions,
    };
}

internal sealed record VersionState
{
    [Description("When the version was written.")]
    [AuditPlain]
    public DateTimeOffset CreatedTime { get; init; }

    [Description("From when on the version counts as deleted, which may lie ahead; empty for never.")]
    [AuditPlain]
    [JsonConverter(typeof(EmptyTimeConverter))]
    public DateTimeOffset? DeletionTime { get; init; }

    [Description("True when the data is gone for good.")]
    [AuditPlain]
    public bool Destroyed { get; init; }

    public static VersionState Of(VersionEntry entry) => new()
    {
        CreatedTime = entry.Created,
        DeletionTime = entry.Deletion,
        Destroyed = entry.Destroyed,
    };
}

/// <summary><c>GET metadata/path</c>: settings, labels and the state of every version.</summary>
internal static class ReadMetadata
{
    public static async ValueTask<Outcome<MetadataResponse>> HandleAsync(
        SecretRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KvPath.Check(request.Path) is { } badPath)
            return badPath;
        return await MetadataReader.ReadAsync(context.Storage, request.Path, cancellationToken) is { } metadata ? metadata : Failure.NotFound();
    }
}
