using System.Collections.Concurrent;

namespace Kist.Core.Storage;

/// <summary>
/// Encrypted entries, bounded in bytes. Reading takes no lock and allocates nothing; it only marks the entry as used. When room is needed a hand goes round and
/// removes what was not used since its last visit (CLOCK, which approximates least recently used). Every change takes the one lock for an instant.
/// </summary>
internal sealed class EntryCache(long maxBytes)
{
    // What the objects around an entry's bytes take, about.
    private const int Overhead = 256;

    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<StoreKey, Slot> slots = new();
    private readonly LastChanges changes = new();
    private Slot? hand;
    private long bytes;
    private int epoch;
    private bool following;

    /// <summary>
    /// Names the stretch of history that the cache follows. Taken before a read of the store and given back with its answer, so that an answer from before a loss
    /// of history is not kept after it.
    /// </summary>
    public int Epoch => Volatile.Read(ref epoch);

    /// <summary>Bytes held, with overhead.</summary>
    public long Bytes => Volatile.Read(ref bytes);

    /// <summary>Finds an entry. Absence here says nothing about the store.</summary>
    public StoreEntry? Find(StoreKey key)
    {
        if (!slots.TryGetValue(key, out var slot))
            return null;
        if (!slot.Used)
            slot.Used = true;
        return slot.Entry;
    }

    /// <summary>Keeps what the store answered at <paramref name="revision"/>, unless a later change of the key has been seen.</summary>
    public void Fill(StoreEntry entry, long revision, int asked)
    {
        lock (gate)
        {
            if (following && asked == epoch && changes.Of(entry.Key) <= revision)
                Put(entry);
        }
    }

    /// <summary>Makes an own commit visible: what it wrote replaces what it overwrote.</summary>
    public void Apply(IReadOnlyList<StoreChange> written, long revision, int asked)
    {
        lock (gate)
        {
            foreach (var (key, value) in written)
            {
                See(key, revision);
                if (value is { } content && following && asked == epoch && changes.Of(key) == revision)
                    Put(new StoreEntry(key, content.ToArray(), revision));
            }
        }
    }

    /// <summary>Drops what a commit, seen by the watch, has changed.</summary>
    public void See(WatchEvent commit)
    {
        lock (gate)
        {
            foreach (var key in commit.Keys)
                See(key, commit.Revision);
        }
    }

    /// <summary>Drops an entry that may be stale.</summary>
    public void Forget(StoreKey key)
    {
        lock (gate)
            Remove(key);
    }

    /// <summary>Drops an entry that the store did not have at <paramref name="revision"/>, unless it was written later.</summary>
    public void ForgetAsOf(StoreKey key, long revision)
    {
        // Most keys that the store does not have are not here either.
        if (!slots.ContainsKey(key))
            return;
        lock (gate)
        {
            if (slots.TryGetValue(key, out var slot) && slot.Entry.Revision <= revision)
                Remove(key);
        }
    }

    /// <summary>History is lost: drops everything and keeps nothing until <see cref="Follow"/>.</summary>
    public void Clear()
    {
        lock (gate)
        {
            slots.Clear();
            changes.Clear();
            hand = null;
            bytes = 0;
            epoch++;
            following = false;
        }
    }

    /// <summary>From here on every change will be seen: what the store answers from now on may be kept.</summary>
    public void Follow()
    {
        lock (gate)
        {
            epoch++;
            following = true;
        }
    }

    private void See(StoreKey key, long revision)
    {
        changes.Add(key, revision);
        if (slots.TryGetValue(key, out var slot) && slot.Entry.Revision < revision)
            Remove(key);
    }

    private void Put(StoreEntry entry)
    {
        var size = Size(entry);
        if (size > maxBytes / 16)
            return;
        if (slots.TryGetValue(entry.Key, out var slot))
        {
            if (slot.Entry.Revision < entry.Revision)
            {
                bytes += size - Size(slot.Entry);
                slot.Entry = entry;
            }
        }
        else
        {
            slots[entry.Key] = slot = new Slot(entry);
            hand = slot.InsertBefore(hand);
            bytes += size;
        }
        while (bytes > maxBytes)
            Evict();
    }

    private void Evict()
    {
        while (hand!.Used)
        {
            hand.Used = false;
            hand = hand.Next;
        }
        Remove(hand.Entry.Key);
    }

    private void Remove(StoreKey key)
    {
        if (!slots.TryRemove(key, out var slot))
            return;
        bytes -= Size(slot.Entry);
        if (slot == hand)
            hand = slot.Next == slot ? null : slot.Next;
        slot.Unlink();
    }

    private static int Size(StoreEntry entry) => entry.Key.Span.Length + entry.Value.Length + Overhead;

    /// <summary>An entry in the ring that the hand goes round.</summary>
    private sealed class Slot
    {
        private volatile StoreEntry entry;
        private volatile bool used;
        private Slot previous;

        public Slot(StoreEntry entry)
        {
            this.entry = entry;
            previous = Next = this;
        }

        public StoreEntry Entry
        {
            get => entry;
            set => entry = value;
        }

        public bool Used
        {
            get => used;
            set => used = value;
        }

        public Slot Next { get; private set; }

        /// <summary>Goes where the hand comes last. Answers where the hand is.</summary>
        public Slot InsertBefore(Slot? hand)
        {
            if (hand is null)
                return this;
            (previous, Next) = (hand.previous, hand);
            previous.Next = this;
            hand.previous = this;
            return hand;
        }

        public void Unlink() => (previous.Next, Next.previous) = (Next, previous);
    }

    /// <summary>
    /// The last change that was seen of each key, or of another one with the same place in the table: then a fill is dropped without need, which does no harm.
    /// </summary>
    private sealed class LastChanges
    {
        private readonly long[] revisions = new long[8192];

        public long Of(StoreKey key) => Place(key);

        public void Add(StoreKey key, long revision)
        {
            ref var place = ref Place(key);
            place = Math.Max(place, revision);
        }

        public void Clear() => Array.Clear(revisions);

        private ref long Place(StoreKey key) => ref revisions[key.GetHashCode() & (revisions.Length - 1)];
    }
}
