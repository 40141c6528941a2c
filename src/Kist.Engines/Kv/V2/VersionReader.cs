using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

/// <summary>A version that exists, and the head it was found by.</summary>
/// <param name="Head">The secret's head.</param>
/// <param name="Version">The version's number.</param>
/// <param name="Entry">The version.</param>
/// <param name="IsGone">Deleted or destroyed: the data is not to be shown.</param>
internal readonly record struct FoundVersion(HeadRecord Head, long Version, VersionEntry Entry, bool IsGone);

/// <summary>Finds a version by two reads: the head, which is mostly remembered, then the version.</summary>
internal static class VersionReader
{
    /// <summary>Finds a version; not found when there is no such secret or version.</summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="path">The secret.</param>
    /// <param name="version">The version; 0 for the latest.</param>
    /// <param name="now">Decides what is deleted.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async ValueTask<Outcome<FoundVersion>> FindAsync(
        StorageView storage, string path, long version, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var head = await SecretStore.ReadHeadAsync(storage, path, cancellationToken);
        for (var attempt = 0; attempt < Racing.Attempts; attempt++)
        {
            var number = version == 0 ? head.Record.Current : version;
            if (head.Revision == 0 || number < head.Record.First || number > head.Record.Current)
                return Failure.NotFound();
            var key = SecretStore.VersionKey(path, number);
            var found = Found(head.Record, number, await storage.ReadAsync(key, cancellationToken), now);
            if (found is { IsGone: false } shown)
                return shown;
            // The head may be older than the version: a new version may have been written since, and this one deleted or removed. The latest version
            // never was deleted then. Both from one snapshot tell; read one by one, the head could come from the cache as often as it is asked for.
            var together = await storage.ReadManyAsync([SecretStore.HeadKey(path), key], cancellationToken);
            if (together[0]?.Revision == head.Revision)
                return Found(head.Record, number, together[1], now) is { } settled ? settled : Failure.NotFound();
            head = SecretStore.ParseHead(together[0]);
        }
        // Others made progress each time, and this one none.
        return Racing.Contention;
    }

    private static FoundVersion? Found(HeadRecord head, long number, StoredValue? stored, DateTimeOffset now)
    {
        if (stored is not { } value)
            return null;
        var entry = VersionEntry.Parse(value.Value);
        return new FoundVersion(head, number, entry, entry.IsGone(now));
    }
}
