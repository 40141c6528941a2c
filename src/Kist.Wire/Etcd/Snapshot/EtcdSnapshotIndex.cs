namespace Kist.Wire.Etcd.Snapshot;

/// <summary>The keys that a snapshot holds, with the places of their latest values. As long as the snapshot is open; safe for many threads.</summary>
public sealed class EtcdSnapshotIndex
{
    private readonly SnapshotFile file;
    private readonly byte[][] keys;
    private readonly MvccPlace[] places;

    internal EtcdSnapshotIndex(SnapshotFile file, byte[][] keys, MvccPlace[] places, long revision)
    {
        this.file = file;
        this.keys = keys;
        this.places = places;
        Revision = revision;
    }

    /// <summary>How many keys there are.</summary>
    public int Count => keys.Length;

    /// <summary>The last revision of any key in the snapshot, whatever the prefix; 0 when there is none.</summary>
    public long Revision { get; }

    /// <summary>The entries in byte order of their keys.</summary>
    public IEnumerable<EtcdKeyValue> Entries(CancellationToken cancellationToken)
    {
        var records = new MvccRecords(file);
        foreach (var place in places)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return records.Read(place);
        }
    }

    /// <summary>One entry, or null.</summary>
    public EtcdKeyValue? Find(ReadOnlyMemory<byte> key)
    {
        var index = Array.BinarySearch(keys, key.ToArray(), KeyBytes.Order);
        return index >= 0 ? new MvccRecords(file).Read(places[index]) : null;
    }
}

/// <summary>Gathers the latest record of each key.</summary>
internal sealed class SnapshotIndexBuilder
{
    private readonly Dictionary<byte[], MvccPlace> latest = new(KeyBytes.Equality);
    private readonly Dictionary<byte[], MvccPlace>.AlternateLookup<ReadOnlySpan<byte>> lookup;
    private long revision;

    public SnapshotIndexBuilder() => lookup = latest.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Takes a record; they come in order of their revisions.</summary>
    public void Add(MvccPlace place, ReadOnlySpan<byte> key, bool wanted)
    {
        revision = place.Main;
        if (!wanted)
            return;
        if (place.Deleted)
            lookup.Remove(key);
        else
            lookup[key] = place;
    }

    public EtcdSnapshotIndex Build(SnapshotFile file)
    {
        var keys = latest.Keys.ToArray();
        var places = latest.Values.ToArray();
        Array.Sort(keys, places, KeyBytes.Order);
        return new EtcdSnapshotIndex(file, keys, places, revision);
    }
}

/// <summary>Keys as bytes.</summary>
internal static class KeyBytes
{
    public static Comparer<byte[]> Order { get; } = Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b));

    public static IEqualityComparer<byte[]> Equality { get; } = new Comparison();

    private sealed class Comparison : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
