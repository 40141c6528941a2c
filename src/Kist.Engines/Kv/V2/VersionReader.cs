using Kist.Core.Barrier;
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
    /// <summary>Finds a version; null when there is no such secret or version.</summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="path">The secret.</param>
    /// <param name="version">The version; 0 for the latest.</param>
    /// <param name="now">Decides what is deleted.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async ValueTask<FoundVersion?> FindAsync(
        StorageView storage, string path, long version, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var head = await SecretStore.ReadHeadAsync(storage, path, cancellationToken);
        while (true)
        {
            var number = version == 0 ? head.Record.Current : version;
            if (head.Revision == 0 || number < head.Record.First || number > head.Record.Current)
                return null;
            var stored = await storage.ReadAsync(SecretStore.VersionKey(path, number), cancellationToken);
            FoundVersion? found = stored is { } value ? Found(head.Record, number, VersionEntry.Parse(value.Value), now) : null;
            if (found is { IsGone: false })
                return found;
            // Since the head was read, a new version may have been written and this one deleted or removed: the latest version never was deleted
            // then. The loop ends unless the head changes each time, and then others make progress.
            var again = await SecretStore.ReadHeadAsync(storage, path, cancellationToken);
            if (again.Revision == head.Revision)
                return found;
            head = again;
        }
    }

    private static FoundVersion Found(HeadRecord head, long number, VersionEntry entry, DateTimeOffset now) =>
        new(head, number, entry, entry.IsGone(now));
}
