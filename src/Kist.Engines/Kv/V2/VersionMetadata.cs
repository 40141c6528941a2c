using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core.Audit;
using Kist.Engines.Kv.Json;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

/// <summary>What answers say about one version.</summary>
internal sealed record VersionMetadata
{
    [Description("When the version was written.")]
    [AuditPlain]
    public DateTimeOffset CreatedTime { get; init; }

    [Description("Labels of the secret, or null.")]
    public IReadOnlyDictionary<string, string>? CustomMetadata { get; init; }

    [Description("From when on the version counts as deleted, which may lie ahead; empty for never.")]
    [AuditPlain]
    [JsonConverter(typeof(EmptyTimeConverter))]
    public DateTimeOffset? DeletionTime { get; init; }

    [Description("True when the data is gone for good.")]
    [AuditPlain]
    public bool Destroyed { get; init; }

    [Description("The version's number.")]
    [AuditPlain]
    public long Version { get; init; }

    public static VersionMetadata Of(HeadRecord head, long version, VersionEntry entry) => new()
    {
        CreatedTime = entry.Created,
        CustomMetadata = head.CustomMetadata,
        DeletionTime = entry.Deletion,
        Destroyed = entry.Destroyed,
        Version = version,
    };
}
