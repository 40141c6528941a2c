using Kist.Core;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Etcd;

namespace Kist.Kubernetes.Tests.Etcd;

/// <summary>A snapshot of a real cluster in which every provider wrote something, and somebody changed some values.</summary>
public sealed class SnapshotScanTests : IDisposable
{
    private readonly VectorFile vectors = new(VectorFile.SnapshotName);
    private readonly SnapshotSource source = SnapshotSource.Open(VectorFile.Snapshot, CancellationToken.None);

    [Fact]
    public async Task Every_object_is_in_the_state_that_the_api_server_says()
    {
        using var chains = Chains.Of(vectors.Config, vectors.Plugin);
        var scanned = await ScanAsync(chains, InspectionDepth.Everything, "secrets", "configmaps");

        Assert.Equal(vectors.Everything.Select(v => v.Key).Order(StringComparer.Ordinal), scanned.Keys.Order(StringComparer.Ordinal));
        Assert.All(vectors.Everything, vector =>
        {
            var inspection = scanned[vector.Key].Inspection;
            Assert.Equal(Expected(vector), inspection.State);
            Assert.Equal((vector.Provider, vector.KeyName), (inspection.Label.Provider, inspection.Label.KeyName));
            Assert.Equal(vector.Text("decrypt_error"), inspection.Failure?.Message);
            Assert.Equal(vector.Key.EndsWith("/aescbc-moved", StringComparison.Ordinal), inspection.IsMoved);
        });
    }

    [Fact]
    public async Task Without_plugins_values_of_a_kms_are_judged_by_their_labels_and_others_decrypted()
    {
        using var chains = Chains.Of(vectors.Config);
        var scanned = await ScanAsync(chains, InspectionDepth.WithoutPlugins, "secrets", "configmaps");
        Assert.All(vectors.Everything, vector => Assert.Equal(Expected(vector), scanned[vector.Key].Inspection.State));
    }

    [Fact]
    public async Task Without_plugins_and_asked_for_everything_only_a_kms_s_values_are_unavailable()
    {
        using var chains = Chains.Of(vectors.Config);
        var scanned = await ScanAsync(chains, InspectionDepth.Everything, "secrets", "configmaps");
        Assert.All(vectors.Entries, vector => Assert.Equal(
            vector.Provider.StartsWith("kms", StringComparison.Ordinal) ? FailureKind.Unavailable : null, scanned[vector.Key].Inspection.Failure?.Kind));
    }

    [Fact]
    public async Task Without_a_configuration_labels_alone_tell_encrypted_from_plaintext()
    {
        var scanned = await ScanAsync(null, InspectionDepth.Everything, "secrets", "configmaps");
        Assert.All(vectors.Everything, vector =>
        {
            var inspection = scanned[vector.Key].Inspection;
            Assert.Equal(vector.Provider == "identity" ? ObjectState.Plaintext : ObjectState.Encrypted, inspection.State);
            Assert.Equal((vector.Provider, vector.KeyName), (inspection.Label.Provider, inspection.Label.KeyName));
        });
    }

    [Fact]
    public async Task Of_all_resources_of_a_real_cluster_no_object_counts_as_moved()
    {
        using var chains = Chains.Of(vectors.Config, vectors.Plugin);
        var scanned = await ScanAsync(chains, InspectionDepth.Everything, "*.*");
        Assert.True(scanned.Count > 190, $"{scanned.Count}");
        Assert.Equal(["/registry/secrets/corrupt/aescbc-moved"], scanned.Where(s => s.Value.Inspection.IsMoved).Select(s => s.Key));
    }

    [Fact]
    public async Task Progress_counts_down_to_nothing()
    {
        using var inspector = new ObjectInspector(null, InspectionDepth.Everything);
        var seen = new List<ScanProgress>();
        await foreach (var _ in new ObjectScan(source, ResourceSelection.Everything("/registry"), inspector).ReadAsync(seen.Add, CancellationToken.None))
        {
            // Only the progress is of interest.
        }
        Assert.Equal(0, seen[^1].Remaining);
        Assert.Equal(210, seen[^1].Done);
    }

    public void Dispose() => source.Dispose();

    private static ObjectState Expected(Vector vector) => vector switch
    {
        _ when vector.Text("decrypt_error") is not null => ObjectState.Undecryptable,
        { Provider: "identity" } => ObjectState.Plaintext,
        { IsStale: true } => ObjectState.Stale,
        _ => ObjectState.Encrypted,
    };

    private async Task<Dictionary<string, ScannedObject>> ScanAsync(ProviderChains? chains, InspectionDepth depth, params string[] resources)
    {
        using var inspector = new ObjectInspector(chains, depth);
        var scan = new ObjectScan(source, ResourceSelection.Parse("/registry", resources).Ok(), inspector);
        var scanned = new Dictionary<string, ScannedObject>(StringComparer.Ordinal);
        await foreach (var one in scan.ReadAsync(null, CancellationToken.None))
            scanned.Add(KeyText.Of(one.Entry.Key.Span), one);
        Assert.Equal([225L], scan.Revisions);
        return scanned;
    }
}
