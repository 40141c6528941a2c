using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Storage;

namespace Kist.Engines.Transit.Stored;

/// <summary>
/// Where things lie in the mount's storage: a key's record at <c>k/name</c>, its versions at <c>v/id/number</c>, settings at <c>config</c>, and for each key
/// that rotates by itself an empty entry at <c>due/time/name</c>. Ten digits keep versions in order, twelve the times.
/// </summary>
internal static class TransitStore
{
    /// <summary>The folder of the keys' records, which lists the names.</summary>
    public const string Keys = "k/";

    /// <summary>The folder of what rotates by itself, by due time.</summary>
    public const string Due = "due/";

    /// <summary>The settings' path.</summary>
    public const string Config = "config";

    private const int KnownSchema = 1;
    private const int AgesPage = 100;

    /// <summary>The path of a key's record.</summary>
    public static string KeyPath(string name) => Keys + name;

    /// <summary>The path of a version.</summary>
    public static string VersionPath(string id, int version) => string.Create(CultureInfo.InvariantCulture, $"v/{id}/{version:D10}");

    /// <summary>Where it stands that a key is due, below <see cref="Due"/>: whole seconds since 1970, then the name.</summary>
    public static string DuePath(DateTimeOffset due, string name) => string.Create(CultureInfo.InvariantCulture, $"{due.ToUnixTimeSeconds():D12}/{name}");

    /// <summary>Reads back what <see cref="DuePath"/> wrote.</summary>
    public static (DateTimeOffset Due, string Name) ParseDuePath(string path) =>
        (DateTimeOffset.FromUnixTimeSeconds(long.Parse(path.AsSpan(0, 12), NumberStyles.None, CultureInfo.InvariantCulture)), path[13..]);

    /// <summary>A key's record; null when there is none of that name.</summary>
    public static async ValueTask<StoredRecord<KeyRecord>?> ReadKeyAsync(StorageView storage, string name, CancellationToken cancellationToken)
    {
        var stored = await storage.ReadRecordAsync(KeyPath(name), TransitStoredJson.Default.KeyRecord, cancellationToken);
        if (stored is { } found)
            RequireKnown(found.Record.Schema);
        return stored;
    }

    /// <summary>A version; null when it has no entry.</summary>
    public static async ValueTask<VersionRecord?> ReadVersionAsync(StorageView storage, string id, int version, CancellationToken cancellationToken)
    {
        if (await storage.ReadRecordAsync(VersionPath(id, version), TransitStoredJson.Default.VersionRecord, cancellationToken) is not { } stored)
            return null;
        RequireKnown(stored.Record.Schema);
        return stored.Record;
    }

    /// <summary>The settings; revision 0 and the defaults when none were written.</summary>
    public static async ValueTask<StoredRecord<KeysConfigRecord>> ReadConfigAsync(StorageView storage, CancellationToken cancellationToken)
    {
        var stored = await storage.ReadRecordAsync(Config, TransitStoredJson.Default.KeysConfigRecord, cancellationToken)
            ?? new StoredRecord<KeysConfigRecord>(KeysConfigRecord.Default, 0);
        RequireKnown(stored.Record.Schema);
        return stored;
    }

    /// <summary>When each version from <paramref name="first"/> on was made.</summary>
    public static async ValueTask<SortedDictionary<int, DateTimeOffset>> ReadAgesAsync(
        StorageView storage, string id, int first, CancellationToken cancellationToken)
    {
        var ages = new SortedDictionary<int, DateTimeOffset>();
        var folder = $"v/{id}/";
        var after = VersionPath(id, first - 1);
        while (true)
        {
            var page = await storage.RangeAsync(folder, after, AgesPage, cancellationToken);
            foreach (var (path, stored) in page)
                ages.Add(int.Parse(path.AsSpan(folder.Length), NumberStyles.None, CultureInfo.InvariantCulture), AgeOf(stored.Value));
            if (page.Count < AgesPage)
                return ages;
            after = page[^1].Key;
        }
    }

    /// <summary>Commits only when the store's record of a key is still of this revision: then what was decided by it holds.</summary>
    public static Transaction Confirm(StorageView storage, string name, long revision) => storage.Begin().Require(storage, KeyPath(name), revision);

    /// <summary>
    /// Whether the store's record of a key is still of this revision; if it is not, the next read finds another. Asked of the store itself: what the node
    /// remembers may be a little old, however often it is read.
    /// </summary>
    public static async ValueTask<bool> IsCurrentAsync(StorageView storage, string name, long revision, CancellationToken cancellationToken)
    {
        var outcome = await Confirm(storage, name, revision).CommitAsync(cancellationToken);
        return outcome.Kind == CommitKind.Unknown
            ? throw new StoreUnavailableException("the store did not say whether a key is still as it was read")
            : outcome.Succeeded;
    }

    /// <summary>
    /// The transaction that puts <paramref name="next"/> in the place of <paramref name="was"/>, either of which may be nothing, and keeps the list of what is
    /// due in step.
    /// </summary>
    public static Transaction Replace(StorageView storage, string name, StoredRecord<KeyRecord>? was, KeyRecord? next)
    {
        var path = KeyPath(name);
        var change = Confirm(storage, name, was?.Revision ?? 0);
        _ = next is null ? change.Delete(storage, path) : change.Put(storage, path, next, TransitStoredJson.Default.KeyRecord);
        var (dueWas, dueNext) = (was?.Record.Due, next?.Due);
        if (dueWas == dueNext)
            return change;
        if (dueWas is { } old && (dueNext is not { } time || DuePath(old, name) != DuePath(time, name)))
            change.Delete(storage, Due + DuePath(old, name));
        if (dueNext is { } due)
            change.Put(storage, Due + DuePath(due, name), ReadOnlyMemory<byte>.Empty);
        return change;
    }

    // The entries hold keys too.
    private static DateTimeOffset AgeOf(ReadOnlyMemory<byte> stored)
    {
        var age = JsonSerializer.Deserialize(stored.Span, TransitStoredJson.Default.VersionAge)!;
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(stored).Span);
        RequireKnown(age.Schema);
        return age.Created;
    }

    private static void RequireKnown(int schema)
    {
        if (schema != KnownSchema)
            throw new InvalidDataException($"a stored transit record has schema {schema}, and this program knows only {KnownSchema}");
    }
}
