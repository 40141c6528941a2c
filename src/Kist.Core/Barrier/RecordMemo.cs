using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Kist.Core.Storage;

namespace Kist.Core.Barrier;

/// <summary>
/// Parsed records by key and revision. Two halves bound it without a list of uses: new and used records go to the young half; when that is full, the old
/// half is dropped and the young one becomes old. What is dropped may still be in use, so keys in it are wiped when nothing refers to them any more; at seal
/// all that is remembered is disposed, so that records with keys in them wipe these at once.
/// </summary>
internal sealed class RecordMemo(long maxBytes) : IDisposable
{
    // A rough price of the dictionary's node and the record's own objects.
    private const int ItemOverhead = 256;

    // Deletions are counted by a part of the key: few enough to be small, and many enough that one key's deletions seldom hinder the reads of another.
    private const int Parts = 64;

    private readonly Lock turning = new();
    private readonly long[] deletions = new long[Parts];
    private volatile Half young = new();
    private volatile Half old = new();
    private volatile bool disposed;

    /// <summary>The record that was parsed from the entry as it stands; false when it must be read.</summary>
    public bool TryGet<T>(StoreKey key, long revision, [NotNullWhen(true)] out T? record)
        where T : class
    {
        record = Find(key) is { } item && item.Revision == revision ? item.Record as T : null;
        return record is not null;
    }

    /// <summary>Where the deletions of a key stand, for <see cref="Add(StoreKey, long, object, int, long)"/>: taken before its entry is read.</summary>
    public long Mark(StoreKey key) => Volatile.Read(ref Deletions(key));

    /// <summary>Remembers a record whose entry was read just now.</summary>
    public void Add(StoreKey key, long revision, object record, int bytes) => Add(key, revision, record, bytes, Mark(key));

    /// <summary>
    /// Remembers a record, unless the key was forgotten since <paramref name="mark"/> was taken. <paramref name="bytes"/> is the length of the entry it came from.
    /// </summary>
    public void Add(StoreKey key, long revision, object record, int bytes, long mark) =>
        Add(key, new Item(revision, record, (2L * bytes) + key.Span.Length + ItemOverhead + ((record as IHeavyRecord)?.HeldBytes ?? 0)), mark);

    /// <summary>
    /// Forgets the record of an entry that this node has deleted, also for those who are about to add it: nobody can ask for it, and it may hold a key that was to
    /// be destroyed.
    /// </summary>
    public void Forget(StoreKey key)
    {
        Remove(key);
        // Who began before this and adds after it sees the count; what he added before goes now. Who begins after it finds nothing any more.
        Interlocked.Increment(ref Deletions(key));
        Remove(key);
    }

    /// <summary>Disposes the records that can be: who still uses one meets <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        disposed = true;
        // Whoever adds sees the mark, or is seen here.
        Interlocked.MemoryBarrier();
        foreach (var half in new[] { young, old })
        {
            foreach (var item in half.Items.Values)
                (item.Record as IDisposable)?.Dispose();
        }
    }

    private void Remove(StoreKey key)
    {
        foreach (var half in new[] { young, old })
        {
            if (half.Items.TryRemove(key, out var item))
                Interlocked.Add(ref half.Bytes, -item.Bytes);
        }
    }

    // Cheap, since every read asks: names of keys that are read at the same time mostly differ at their end.
    private ref long Deletions(StoreKey key) => ref deletions[key.Span.IsEmpty ? 0 : key.Span[^1] % Parts];

    private Item? Find(StoreKey key)
    {
        var mark = Mark(key);
        if (young.Items.TryGetValue(key, out var item))
            return item;
        if (!old.Items.TryRemove(key, out item))
            return null;
        Add(key, item, mark);
        return item;
    }

    private void Add(StoreKey key, Item item, long mark)
    {
        var half = young;
        half.Items[key] = item;
        Interlocked.MemoryBarrier();
        if (disposed)
            (item.Record as IDisposable)?.Dispose();
        if (Mark(key) != mark && half.Items.TryRemove(KeyValuePair.Create(key, item)))
            return;
        if (Interlocked.Add(ref half.Bytes, item.Bytes) <= maxBytes / 2)
            return;
        lock (turning)
        {
            if (young != half)
                return;
            old = half;
            young = new Half();
        }
    }

    private sealed record Item(long Revision, object Record, long Bytes);

    private sealed class Half
    {
        public long Bytes;

        public ConcurrentDictionary<StoreKey, Item> Items { get; } = new();
    }
}
