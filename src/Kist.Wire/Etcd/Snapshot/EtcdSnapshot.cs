namespace Kist.Wire.Etcd.Snapshot;

/// <summary>
/// A file of <c>etcdctl snapshot save</c>, or a copy of a member's database, read without etcd. The file is only read, in small pieces; whatever it
/// holds, reading ends with what is there or an <see cref="EtcdSnapshotException"/>. Safe for many threads.
/// </summary>
public sealed class EtcdSnapshot : IDisposable
{
    private readonly SnapshotFile file;
    private readonly BoltMeta meta;

    private EtcdSnapshot(SnapshotFile file, BoltMeta meta)
    {
        this.file = file;
        this.meta = meta;
    }

    /// <summary>True when a digest of the whole follows the database; a copy of a member's own file has none.</summary>
    public bool HasDigest => file.HasDigest;

    /// <summary>Size of the database.</summary>
    public long Bytes => file.Length;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="checkDigest">Compares the database with its digest, if it has one. Without, a damaged file is read as far as it goes.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <exception cref="EtcdSnapshotException">The file cannot be read, is no snapshot, or is damaged.</exception>
    public static EtcdSnapshot Open(string path, bool checkDigest, CancellationToken cancellationToken)
    {
        var opened = SnapshotFile.Open(path);
        try
        {
            var first = BoltMeta.Read(opened);
            if (checkDigest && opened.HasDigest)
                opened.CheckDigest(cancellationToken);
            return new EtcdSnapshot(opened, first);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Finds out which keys that begin with <paramref name="prefix"/> are there, and where. Memory grows with the keys, not their values.</summary>
    public EtcdSnapshotIndex Index(ReadOnlySpan<byte> prefix, CancellationToken cancellationToken) => Index([prefix.ToArray()], cancellationToken);

    /// <summary>The same for keys that begin with any of several prefixes, in one pass.</summary>
    public EtcdSnapshotIndex Index(IReadOnlyList<ReadOnlyMemory<byte>> prefixes, CancellationToken cancellationToken)
    {
        var records = new MvccRecords(file);
        var builder = new SnapshotIndexBuilder();
        foreach (var entry in Revisions(cancellationToken))
        {
            var place = records.Place(entry);
            var key = records.Key(place);
            builder.Add(place, key, StartsWithAny(key, prefixes));
        }
        return builder.Build(file);
    }

    /// <summary>Where every record of every key lies, what was overwritten or deleted included, in order of revisions. No value is read.</summary>
    public IEnumerable<EtcdRecordPlace> Places(CancellationToken cancellationToken)
    {
        var records = new MvccRecords(file);
        foreach (var entry in Revisions(cancellationToken))
        {
            var place = records.Place(entry);
            yield return new EtcdRecordPlace(place.Main, place.Deleted, records.Key(place).ToArray(), place.Offset, place.Length);
        }
    }

    /// <summary>Every record of keys that begin with <paramref name="prefix"/>, what was overwritten or deleted included, in order of revisions.</summary>
    public IEnumerable<EtcdRecord> History(ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken)
    {
        var records = new MvccRecords(file);
        foreach (var entry in Revisions(cancellationToken))
        {
            var place = records.Place(entry);
            if (records.Key(place).StartsWith(prefix.Span))
                yield return new EtcdRecord(place.Sub, place.Deleted, records.Read(place), place.Offset, place.Length);
        }
    }

    /// <summary>
    /// Where in the database any of <paramref name="patterns"/> lies, in order, in whatever page: pages that are no longer used keep what they held.
    /// </summary>
    public IEnumerable<EtcdSnapshotMatch> Find(IReadOnlyList<ReadOnlyMemory<byte>> patterns, CancellationToken cancellationToken) =>
        SnapshotSearch.Find(file, patterns, cancellationToken);

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private static bool StartsWithAny(ReadOnlySpan<byte> key, IReadOnlyList<ReadOnlyMemory<byte>> prefixes)
    {
        foreach (var prefix in prefixes)
        {
            if (key.StartsWith(prefix.Span))
                return true;
        }
        return false;
    }

    private IEnumerable<BoltEntry> Revisions(CancellationToken cancellationToken)
    {
        var bucket = BoltBucket.Root(file, meta).Find("key"u8, cancellationToken)
            ?? throw new EtcdSnapshotException($"{file.Path} is no etcd snapshot: its database has no bucket of revisions");
        return bucket.Entries(cancellationToken);
    }
}

/// <summary>What a key held from one revision to the next.</summary>
/// <param name="SubRevision">The record's place within the commit of its revision, which is the entry's.</param>
/// <param name="Deleted">True for a deletion: the entry then has the key and the revision alone.</param>
/// <param name="Entry">Key and value.</param>
/// <param name="Offset">Where the record lies in the file.</param>
/// <param name="Length">How many bytes it has there.</param>
public sealed record EtcdRecord(long SubRevision, bool Deleted, EtcdKeyValue Entry, long Offset, int Length);

/// <summary>Where the record of what a key held from one revision to the next lies.</summary>
/// <param name="Revision">The revision that wrote it.</param>
/// <param name="Deleted">True for a deletion, whose record has no value.</param>
/// <param name="Key">The key.</param>
/// <param name="Offset">Where the record, key and value, lies in the file.</param>
/// <param name="Length">How many bytes it has there.</param>
public sealed record EtcdRecordPlace(long Revision, bool Deleted, byte[] Key, long Offset, int Length);

/// <summary>Where bytes were found.</summary>
/// <param name="Offset">Where in the file.</param>
/// <param name="Pattern">Which of the patterns, from 0.</param>
public readonly record struct EtcdSnapshotMatch(long Offset, int Pattern);
