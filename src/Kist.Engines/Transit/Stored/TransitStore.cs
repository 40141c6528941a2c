using System.Diagnostics.CodeAnalysis;
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

    // As much as a range can have: reads of a key are one for nearly every key that there is.
    private const int VersionsPage = 1000;

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

    /// <summary>When each of the versions that there are from <paramref name="first"/> to <paramref name="last"/> was made.</summary>
    public static ValueTask<SortedDictionary<int, DateTimeOffset>> ReadAgesAsync(
        StorageView storage, string id, int first, int last, CancellationToken cancellationToken) =>
        ReadRangeAsync(storage, id, first, last, AgeOf, cancellationToken);

    /// <summary>The same, without those that are damaged, which are found by halves.</summary>
    public static async ValueTask<SortedDictionary<int, DateTimeOffset>> ReadReadableAgesAsync(
        StorageView storage, string id, int first, int last, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAgesAsync(storage, id, first, last, cancellationToken);
        }
        catch (Exception e) when (e is BarrierIntegrityException or InvalidDataException)
        {
            if (first >= last)
                return [];
            var middle = first + ((last - first) / 2);
            var found = await ReadReadableAgesAsync(storage, id, first, middle, cancellationToken);
            foreach (var (version, age) in await ReadReadableAgesAsync(storage, id, middle + 1, last, cancellationToken))
                found.Add(version, age);
            return found;
        }
    }

    /// <summary>The versions that there are from <paramref name="first"/> to <paramref name="last"/>. They are not remembered: the caller disposes of them.</summary>
    public static ValueTask<SortedDictionary<int, VersionRecord>> ReadVersionsAsync(
        StorageView storage, string id, int first, int last, CancellationToken cancellationToken) =>
        ReadRangeAsync(storage, id, first, last, VersionOf, cancellationToken);

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

    private static async ValueTask<SortedDictionary<int, T>> ReadRangeAsync<T>(
        StorageView storage, string id, int first, int last, Func<ReadOnlyMemory<byte>, T> parse, CancellationToken cancellationToken)
    {
        var found = new SortedDictionary<int, T>();
        try
        {
            await ReadRangeAsync(storage, id, first, last, parse, found, cancellationToken);
            return found;
        }
        catch
        {
            // Those before the one that cannot be read are keys that nobody gets.
            foreach (var version in found.Values)
                (version as IDisposable)?.Dispose();
            throw;
        }
    }

    [SuppressMessage("Design", "MA0054", Justification = "A parser's message may quote the key.")]
    private static async ValueTask ReadRangeAsync<T>(
        StorageView storage, string id, int first, int last, Func<ReadOnlyMemory<byte>, T> parse, SortedDictionary<int, T> found,
        CancellationToken cancellationToken)
    {
        var folder = $"v/{id}/";
        var next = (long)first;
        while (next <= last)
        {
            var limit = (int)Math.Min(VersionsPage, last - next + 1);
            var page = await storage.RangeAsync(folder, VersionPath(id, (int)next - 1), limit, cancellationToken);
            try
            {
                foreach (var (path, stored) in page)
                {
                    var version = int.Parse(path.AsSpan(folder.Length), NumberStyles.None, CultureInfo.InvariantCulture);
                    if (version <= last)
                        found.Add(version, parse(stored.Value));
                    next = version + 1L;
                }
            }
            catch (JsonException)
            {
                throw new InvalidDataException("a stored version of a transit key is none that this program can read");
            }
            finally
            {
                // All of them hold keys.
                foreach (var (_, stored) in page)
                    CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(stored.Value).Span);
            }
            if (page.Count < limit)
                break;
        }
    }

    private static DateTimeOffset AgeOf(ReadOnlyMemory<byte> stored)
    {
        var age = JsonSerializer.Deserialize(stored.Span, TransitStoredJson.Default.VersionAge) ?? throw new JsonException();
        RequireKnown(age.Schema);
        return age.Created;
    }

    private static VersionRecord VersionOf(ReadOnlyMemory<byte> stored)
    {
        var version = JsonSerializer.Deserialize(stored.Span, TransitStoredJson.Default.VersionRecord) ?? throw new JsonException();
        RequireKnown(version.Schema);
        return version;
    }

    private static void RequireKnown(int schema)
    {
        if (schema != KnownSchema)
            throw new InvalidDataException($"a stored transit record has schema {schema}, and this program knows only {KnownSchema}");
    }
}
