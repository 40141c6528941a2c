using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

/// <summary>The transaction that adds a version: the head and the version, and the removal of what exceeds <c>max_versions</c>.</summary>
internal static class NewVersion
{
    /// <summary>
    /// Refuses a write by its <c>cas</c> option or the lack of one; null when it may go on. What was read may be a little old, so the refusal
    /// holds only if the store confirms it: a client that has just written through another node is not told of a conflict with itself.
    /// </summary>
    public static Proposal<VersionMetadata>? RefuseByCas(
        long? cas, StorageView storage, string path, StoredRecord<ConfigRecord> config, StoredRecord<HeadRecord> head)
    {
        var required = config.Record.CasRequired || head.Record.CasRequired;
        if (cas is null ? !required : cas == head.Record.Current)
            return null;
        return new(Require(storage, path, config, head), cas is null ? KvFailures.CasRequired : KvFailures.VersionConflict);
    }

    /// <summary>Proposes the version after the current one.</summary>
    public static Proposal<VersionMetadata> Propose(
        StorageView storage,
        string path,
        StoredRecord<ConfigRecord> config,
        StoredRecord<HeadRecord> head,
        ReadOnlyMemory<byte> data,
        DateTimeOffset now)
    {
        if (VersionEntry.HeaderBytes + data.Length > KvFailures.EntryBytes)
            return KvFailures.TooLarge;
        var (change, added) = Add(storage, path, config, head, data, now);
        return new(change, added);
    }

    /// <summary>
    /// Adds the version after the current one, whatever its size: the largest secret of version 1 exceeds an entry by a few bytes when it is converted,
    /// which the barrier leaves room for.
    /// </summary>
    public static (Transaction Change, VersionMetadata Added) Add(
        StorageView storage,
        string path,
        StoredRecord<ConfigRecord> config,
        StoredRecord<HeadRecord> head,
        ReadOnlyMemory<byte> data,
        DateTimeOffset now)
    {
        var was = head.Record;
        var number = was.Current + 1;
        var next = was with
        {
            Current = number,
            Oldest = Retention.Oldest(config.Record, was, number),
            Created = head.Revision == 0 ? now : was.Created,
            Updated = now,
        };
        var entry = new VersionEntry(now, Retention.DeletionTime(config.Record, was, now), false, data);
        var change = Require(storage, path, config, head)
            .Put(storage, SecretStore.HeadKey(path), next, StoredJson.Default.HeadRecord)
            .Put(storage, SecretStore.VersionKey(path, number), entry.ToBytes());
        // Every write looks at the settings, and only what is there is answered from the cache.
        if (config.Revision == 0)
            change.Put(storage, SecretStore.Config, config.Record, StoredJson.Default.ConfigRecord);
        for (var old = was.First; old < next.Oldest; old++)
            change.Delete(storage, SecretStore.VersionKey(path, old));
        return (change, VersionMetadata.Of(next, number, entry));
    }

    /// <summary>Requires that settings and head are what was read.</summary>
    public static Transaction Require(StorageView storage, string path, StoredRecord<ConfigRecord> config, StoredRecord<HeadRecord> head) =>
        storage.Begin()
            .Require(storage, SecretStore.Config, config.Revision)
            .Require(storage, SecretStore.HeadKey(path), head.Revision);
}
