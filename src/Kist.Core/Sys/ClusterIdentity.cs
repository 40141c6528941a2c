using System.Text.Json.Serialization;
using Kist.Core.Namespaces;

namespace Kist.Core.Sys;

/// <summary>
/// The entry <c>core/cluster</c>: what tells the nodes of one store from those of another. Made once, by the first node that serves; never changed.
/// </summary>
internal sealed record ClusterIdentity
{
    public const string Path = "core/cluster";

    private const int DigitsInName = 8;

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>A random UUID.</summary>
    public required string Id { get; init; }

    /// <summary>The configured name, or one made from the id.</summary>
    public string NameFor(NodeOptions options) => options.ClusterName.Length > 0 ? options.ClusterName : "kist-cluster-" + Id[..DigitsInName];

    /// <summary>The store's identity. A store without one gets it; of nodes that try at once, one makes it for all.</summary>
    public static async Task<ClusterIdentity> ReadOrMakeAsync(Node node, CancellationToken ct)
    {
        var view = node.Barrier.System(NamespaceId.Root);
        if (await view.ReadRecordAsync(Path, ClusterJson.Default.ClusterIdentity, ct) is { } known)
            return known.Record;
        var made = new ClusterIdentity { Id = Guid.NewGuid().ToString() };
        _ = await view.Begin().Require(view, Path, 0).Put(view, Path, made, ClusterJson.Default.ClusterIdentity).CommitAsync(ct);
        // Read back: another node may have been first, or the answer was lost.
        return await view.ReadRecordAsync(Path, ClusterJson.Default.ClusterIdentity, ct) is { } stored
            ? stored.Record
            : throw new Storage.StoreUnavailableException("it did not confirm the cluster's id");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ClusterIdentity))]
internal sealed partial class ClusterJson : JsonSerializerContext;
