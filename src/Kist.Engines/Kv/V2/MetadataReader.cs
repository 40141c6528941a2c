using Kist.Core.Barrier;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

/// <summary>
/// Reads a secret's head and the states of all its versions. Up to <see cref="Batch"/> versions are as of one moment; more are too, unless the secret
/// changes with every one of several readings.
/// </summary>
/// <remarks>
/// The state of a version is a part of its encrypted entry, so that a change of state touches one entry; its data is decrypted with it, in vain.
/// Nothing less can be: the cipher proves an entry whole or not at all.
/// </remarks>
internal static class MetadataReader
{
    /// <summary>Versions of one read. They carry their data, so this is what memory must hold at once.</summary>
    public const int Batch = 16;

    private const int Attempts = 32;

    /// <summary>The metadata; null when there is no such secret.</summary>
    public static async ValueTask<MetadataResponse?> ReadAsync(StorageView storage, string path, CancellationToken cancellationToken)
    {
        var head = await SecretStore.ReadHeadAsync(storage, path, cancellationToken);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (head.Revision == 0)
                return null;
            // After so many, every version is told as it was when it was read, and one that was removed meanwhile is left out.
            var isLast = attempt == Attempts;
            var (versions, seen) = await ReadVersionsAsync(storage, path, head, isLast, cancellationToken);
            if (seen.Revision == head.Revision || (isLast && seen.Revision != 0))
                return MetadataResponse.Of(head.Record, versions);
            head = seen;
        }
        return null;
    }

    /// <summary>
    /// The states of a head's versions, and the head as it was with the last of them. Ends when it is another one, unless it shall go on.
    /// </summary>
    private static async ValueTask<(Dictionary<string, VersionState> Versions, StoredRecord<HeadRecord> Seen)> ReadVersionsAsync(
        StorageView storage, string path, StoredRecord<HeadRecord> head, bool goOn, CancellationToken cancellationToken)
    {
        var versions = new Dictionary<string, VersionState>(StringComparer.Ordinal);
        var seen = head;
        for (var first = head.Record.First; first <= head.Record.Current && (goOn || seen.Revision == head.Revision); first += Batch)
        {
            var count = (int)Math.Min(Batch, head.Record.Current - first + 1);
            var keys = new string[count + 1];
            keys[0] = SecretStore.HeadKey(path);
            for (var i = 0; i < count; i++)
                keys[i + 1] = SecretStore.VersionKey(path, first + i);
            // The head is of the same snapshot, not of this node's cache, which could answer with the old one as often as it is asked.
            var stored = await storage.ReadManyAsync(keys, cancellationToken);
            if (stored[0]?.Revision != seen.Revision)
                seen = SecretStore.ParseHead(stored[0]);
            for (var i = 0; i < count; i++)
            {
                if (stored[i + 1] is { } version)
                    versions.Add($"{first + i}", VersionState.Of(VersionEntry.Parse(version.Value)));
            }
        }
        return (versions, seen);
    }
}
