using Kist.Core.Barrier;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

/// <summary>Reads a secret's head and the states of all its versions as of one moment.</summary>
internal static class MetadataReader
{
    // Versions carry their data, so a batch is what memory must hold at once.
    private const int Batch = 16;

    /// <summary>The metadata; null when there is no such secret.</summary>
    public static async ValueTask<MetadataResponse?> ReadAsync(StorageView storage, string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            var head = await SecretStore.ReadHeadAsync(storage, path, cancellationToken);
            if (head.Revision == 0)
                return null;
            // Null when the head changed on the way; then somebody else made progress, and the reading begins again.
            if (await ReadVersionsAsync(storage, path, head, cancellationToken) is { } versions)
                return MetadataResponse.Of(head.Record, versions);
        }
    }

    private static async ValueTask<Dictionary<string, VersionState>?> ReadVersionsAsync(
        StorageView storage, string path, StoredRecord<HeadRecord> head, CancellationToken cancellationToken)
    {
        var versions = new Dictionary<string, VersionState>(StringComparer.Ordinal);
        for (var first = head.Record.First; first <= head.Record.Current; first += Batch)
        {
            var count = (int)Math.Min(Batch, head.Record.Current - first + 1);
            var keys = new string[count + 1];
            keys[0] = SecretStore.HeadKey(path);
            for (var i = 0; i < count; i++)
                keys[i + 1] = SecretStore.VersionKey(path, first + i);
            var stored = await storage.ReadManyAsync(keys, cancellationToken);
            if (stored[0]?.Revision != head.Revision)
                return null;
            for (var i = 0; i < count; i++)
            {
                if (stored[i + 1] is { } version)
                    versions.Add($"{first + i}", VersionState.Of(VersionEntry.Parse(version.Value)));
            }
        }
        return versions;
    }
}
