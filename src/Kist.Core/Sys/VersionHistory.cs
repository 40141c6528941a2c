using System.Text.Json.Serialization;
using Kist.Core.Namespaces;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Sys;

/// <summary>The versions that have run on a store, for <c>sys/version-history</c>.</summary>
internal sealed class VersionHistory(Node node)
{
    private const string Folder = "version/";

    public void Add(RouteMap map) =>
        map.List<Nothing, VersionHistoryResponse>("version-history", ListAsync, "List the versions that have run on this store.");

    /// <summary>Remembers that this version runs, once.</summary>
    public static async Task RecordAsync(Node node, CancellationToken ct)
    {
        var view = node.Barrier.System(NamespaceId.Root).Folder(Folder);
        if (await view.ReadRecordAsync(node.Options.Version, VersionJson.Default.VersionRecord, ct) is not null)
            return;
        var record = new VersionRecord { InstalledAt = node.Time.GetUtcNow() };
        // A conflict means that another node of the same version has recorded it.
        _ = await view.Begin().Require(view, node.Options.Version, 0).Put(view, node.Options.Version, record, VersionJson.Default.VersionRecord).CommitAsync(ct);
    }

    private async ValueTask<Outcome<VersionHistoryResponse>> ListAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var view = node.Barrier.System(NamespaceId.Root).Folder(Folder);
        var versions = new List<(string Version, DateTimeOffset InstalledAt)>();
        foreach (var version in await view.ScanAsync("", 0, ct))
        {
            if (await view.ReadRecordAsync(version, VersionJson.Default.VersionRecord, ct) is { } stored)
                versions.Add((version, stored.Record.InstalledAt));
        }
        versions.Sort((a, b) => a.InstalledAt.CompareTo(b.InstalledAt));
        var response = new VersionHistoryResponse { Keys = [.. versions.Select(v => v.Version)] };
        for (var i = 0; i < versions.Count; i++)
        {
            response.KeyInfo[versions[i].Version] = new VersionInfo
            {
                TimestampInstalled = versions[i].InstalledAt,
                PreviousVersion = i == 0 ? null : versions[i - 1].Version,
            };
        }
        return response;
    }
}

/// <summary>A version as stored.</summary>
internal sealed record VersionRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    public DateTimeOffset InstalledAt { get; init; }
}

[JsonSerializable(typeof(VersionRecord))]
internal sealed partial class VersionJson : JsonSerializerContext;

/// <summary>The versions that have run on the store.</summary>
public sealed record VersionHistoryResponse
{
    /// <summary>In the order of installation.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>By version.</summary>
    public Dictionary<string, VersionInfo> KeyInfo { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>When a version came.</summary>
public sealed record VersionInfo
{
    /// <summary>Always empty.</summary>
    public string BuildDate { get; init; } = "";

    /// <summary>The version before it, or null.</summary>
    public string? PreviousVersion { get; init; }

    /// <summary>When it was first unsealed.</summary>
    public DateTimeOffset TimestampInstalled { get; init; }
}
