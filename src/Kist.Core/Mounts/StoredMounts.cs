using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Storage;

namespace Kist.Core.Mounts;

/// <summary>
/// The mount table in the store and this node's snapshot of it. Every change is one transaction that also touches the stamp; a request compares the
/// stamp's revision with its snapshot's, so a node follows the others' changes without being told.
/// </summary>
internal sealed class StoredMounts
{
    public const string Folder = "mount/";
    private const string EpochFolder = "mount-epoch/";
    private const string Stamp = "mounts";
    private const int Attempts = 16;

    private readonly MountTypes types;
    private readonly StorageView system;
    private readonly StorageView records;
    private readonly StorageView epochs;
    private volatile MountTable? snapshot;

    public StoredMounts(BarrierStore barrier, MountTypes types)
    {
        this.types = types;
        system = barrier.System(NamespaceId.Root);
        records = system.Folder(Folder);
        epochs = system.Folder(EpochFolder);
    }

    /// <summary>The current table: this node's snapshot when its stamp is still the store's, otherwise read again.</summary>
    public async ValueTask<MountTable> CurrentAsync(CancellationToken cancellationToken)
    {
        var revision = await StampAsync(cancellationToken);
        var current = snapshot;
        return current is not null && current.Revision == revision ? current : await LoadAsync(cancellationToken);
    }

    /// <summary>Forgets the snapshot.</summary>
    public void Clear() => snapshot = null;

    /// <summary>
    /// Writes the record that <paramref name="decide"/> makes of the table, or deletes it. A refusal holds only if the store confirms the table that
    /// it was decided by: a client that has just changed a mount through another node is not told of how it was before.
    /// </summary>
    public async ValueTask<Outcome<MountChange>> ChangeAsync(
        Func<MountTable, Outcome<MountRecord>> decide, CancellationToken cancellationToken, bool delete = false)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var table = await CurrentAsync(cancellationToken);
            var decided = decide(table);
            var change = system.Begin().Require(system, Stamp, table.Revision);
            if (decided.Succeeded)
                Write(change, table, decided.Value, delete);
            var outcome = await change.CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return Failure.Unavailable("store.unknown_outcome", "the store did not confirm the change; read the mounts before you try again");
            if (outcome.Succeeded)
                return decided.Succeeded ? Changed(table, decided.Value, outcome.Revision) : decided.Failure;
        }
        return Failure.Unavailable("store.contention", "the mount table is changing too fast; try again");
    }

    /// <summary>Gives an epoch to the mounts from before there were epochs.</summary>
    public async Task AddEpochsAsync(CancellationToken cancellationToken)
    {
        foreach (var mount in (await CurrentAsync(cancellationToken)).All.Where(IsWithoutEpoch))
        {
            _ = await ChangeAsync(
                table => table.ById(mount.Id) is { } still ? MountRecord.Of(still) : new Outcome<MountRecord>(MountFailures.NotFound(mount.Path)),
                cancellationToken);
        }
    }

    private static bool IsWithoutEpoch(Mount mount) => mount.Guard is { Revision: 0 };

    private static bool BeginsEpoch(MountTable table, MountRecord record) =>
        table.ById(record.MountId) is not { } was || was.State != record.State || IsWithoutEpoch(was);

    private void Write(Transaction change, MountTable table, MountRecord record, bool delete)
    {
        change.Put(system, Stamp, new MountStamp(1, table.Revision), MountJson.Default.MountStamp);
        if (delete)
        {
            // The epoch goes with the mount: no later commit has its revision, so whatever still is under way changes nothing, for ever.
            change.Delete(records, record.Id).Delete(epochs, record.Id);
            return;
        }
        change.Put(records, record.Id, record, MountJson.Default.MountRecord);
        if (!record.BuiltIn && BeginsEpoch(table, record))
            change.Put(epochs, record.Id, new MountEpoch(1), MountJson.Default.MountEpoch);
    }

    private MountChange Changed(MountTable table, MountRecord record, long revision)
    {
        var epoch = BeginsEpoch(table, record) ? revision : table.ById(record.MountId)!.Guard?.Revision ?? 0;
        return new MountChange(ToMount(record, epoch), revision);
    }

    private async ValueTask<MountTable> LoadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = await StampAsync(cancellationToken);
            var ids = await records.ScanAsync("", 0, cancellationToken);
            // Of one snapshot with the stamp. One by one, a record that this node's cache has of old could come to stand under the new stamp, and
            // stay there until the next change; or a new epoch beside an old record, and what was decided by the old one would be let through.
            string[] paths = [Stamp, .. ids.Select(id => Folder + id), .. ids.Select(id => EpochFolder + id)];
            var read = await system.ReadManyAsync(paths, cancellationToken);
            var revision = read[0]?.Revision ?? 0;
            if (revision == before)
                return snapshot = new MountTable(Mounts(read, ids.Count), revision);
        }
    }

    private IEnumerable<Mount> Mounts(IReadOnlyList<StoredValue?> read, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            if (read[i] is { } stored)
                yield return ToMount(JsonSerializer.Deserialize(stored.Value.Span, MountJson.Default.MountRecord)!, read[i + count]?.Revision ?? 0);
        }
    }

    private Mount ToMount(MountRecord record, long epoch)
    {
        var type = types.TryGet(record.Kind, record.Type, out var known) ? known : MountTypes.Unknown(record.Kind, record.Type);
        return record.ToMount(type, record.BuiltIn ? null : new ViewGuard(epochs, record.Id, epoch));
    }

    private async ValueTask<long> StampAsync(CancellationToken cancellationToken) =>
        (await system.ReadRecordAsync(Stamp, MountJson.Default.MountStamp, cancellationToken))?.Revision ?? 0;
}
