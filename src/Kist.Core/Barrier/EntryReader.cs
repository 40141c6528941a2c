using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kist.Core.Storage;

namespace Kist.Core.Barrier;

/// <summary>Reads and decrypts entries of an unsealed barrier.</summary>
internal sealed class EntryReader(IStore store, KeyringKeeper keeper, RecordMemo memo)
{
    public const int RangeEntries = 1_000;

    // Answers single keys without a wait and without allocating.
    private readonly CachedStore? cache = store as CachedStore;

    public async ValueTask<StoredValue?> ReadAsync(StorageView view, string path, CancellationToken cancellationToken) =>
        await GetAsync(KeyOf(view, path), cancellationToken) is { } entry
            ? new StoredValue(await DecryptAsync(entry, cancellationToken), entry.Revision)
            : null;

    public async ValueTask<IReadOnlyList<StoredValue?>> ReadManyAsync(StorageView view, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var keys = new StoreKey[paths.Count];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = KeyOf(view, paths[i]);
        var read = await store.GetAsync(keys, cancellationToken);
        var values = new StoredValue?[keys.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            if (read.Entries[i] is { } entry)
                values[i] = new StoredValue(await DecryptAsync(entry, cancellationToken), entry.Revision);
        }
        return values;
    }

    /// <summary>Completes at once and allocates only the key when the store answers at once and the record is remembered.</summary>
    public ValueTask<StoredRecord<T>?> ReadRecordAsync<T>(
        StorageView view, string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var key = KeyOf(view, path);
        var mark = memo.Mark(key);
        var get = GetAsync(key, cancellationToken);
        if (!get.IsCompletedSuccessfully)
            return AwaitRecordAsync(get, mark, type, cancellationToken);
        var entry = get.Result;
        if (entry is null)
            return default;
        return memo.TryGet(entry.Key, entry.Revision, out T? record)
            ? new(new StoredRecord<T>(record, entry.Revision))
            : ParseAsync(entry, mark, type, cancellationToken);
    }

    public ValueTask<IReadOnlyList<string>> ListAsync(StorageView view, string after, int limit, CancellationToken cancellationToken) =>
        store.ListAsync(KeyOf(view, ""), after, limit, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ScanAsync(StorageView view, string after, int limit, CancellationToken cancellationToken) =>
        store.ScanAsync(KeyOf(view, ""), after, limit, cancellationToken);

    public async ValueTask<IReadOnlyList<KeyValuePair<string, StoredValue>>> RangeAsync(
        StorageView view, string prefix, string after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, RangeEntries);
        var first = KeyOf(view, prefix);
        var next = KeyOf(view, after).Successor();
        var read = await store.RangeAsync(next > first ? next : first, first.PrefixEnd(), limit, keysOnly: false, cancellationToken);
        var values = new KeyValuePair<string, StoredValue>[read.Entries.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var entry = read.Entries[i];
            values[i] = new(KeyLayout.PathIn(view, entry.Key), new StoredValue(await DecryptAsync(entry, cancellationToken), entry.Revision));
        }
        return values;
    }

    private StoreKey KeyOf(StorageView view, string path) => KeyLayout.Entry(keeper.Current.State.Generation, view, path);

    private ValueTask<StoreEntry?> GetAsync(StoreKey key, CancellationToken cancellationToken) =>
        cache is not null && cache.TryGetFresh(key, out var entry) ? new(entry) : ReadAsync(key, cancellationToken);

    private async ValueTask<StoreEntry?> ReadAsync(StoreKey key, CancellationToken cancellationToken) =>
        (await store.GetAsync([key], cancellationToken)).Entries[0];

    private async ValueTask<StoredRecord<T>?> AwaitRecordAsync<T>(
        ValueTask<StoreEntry?> get, long mark, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        if (await get is not { } entry)
            return null;
        return memo.TryGet(entry.Key, entry.Revision, out T? record)
            ? new StoredRecord<T>(record, entry.Revision)
            : await ParseAsync(entry, mark, type, cancellationToken);
    }

    private async ValueTask<StoredRecord<T>?> ParseAsync<T>(StoreEntry entry, long mark, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var plaintext = await DecryptAsync(entry, cancellationToken);
        try
        {
            if (JsonSerializer.Deserialize(plaintext, type) is not { } record)
                throw new BarrierIntegrityException(entry.Key, $"holds null, not a {typeof(T).Name}");
            memo.Add(entry.Key, entry.Revision, record, entry.Value.Length, mark);
            return new StoredRecord<T>(record, entry.Revision);
        }
        catch (JsonException)
        {
            // The exception may quote the value, so it stays here.
            throw new BarrierIntegrityException(entry.Key, $"is authentic but not a {typeof(T).Name} that this version can read");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    private async ValueTask<byte[]> DecryptAsync(StoreEntry entry, CancellationToken cancellationToken) =>
        await keeper.TryDecryptAsync(entry.Value, entry.Key, cancellationToken)
            ?? throw new BarrierIntegrityException(entry.Key, "does not decrypt: it was changed, moved or cut short outside of Kist");
}
