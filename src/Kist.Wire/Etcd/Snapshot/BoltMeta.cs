using System.Buffers.Binary;

namespace Kist.Wire.Etcd.Snapshot;

/// <summary>What a bbolt database says of itself, in one of its first two pages.</summary>
/// <param name="PageSize">Bytes of a page.</param>
/// <param name="Root">The page of the root bucket.</param>
/// <param name="PageCount">How many pages were ever used.</param>
/// <param name="Transaction">The transaction that wrote it.</param>
internal sealed record BoltMeta(int PageSize, ulong Root, ulong PageCount, ulong Transaction)
{
    private const int Bytes = 64;
    private const int ChecksumOffset = 56;
    private const uint Magic = 0xED0CDAED;
    private const uint Version = 2;
    private const int SmallestPage = 512;
    private const int LargestPage = 65_536;

    /// <summary>The newer of the two that are whole.</summary>
    /// <exception cref="EtcdSnapshotException">None is.</exception>
    public static BoltMeta Read(SnapshotFile file)
    {
        var first = TryRead(file, 0);
        // Where the second page begins is only known from the first, or by trying.
        var second = first is not null ? TryRead(file, first.PageSize) : Sizes().Select(size => TryRead(file, size)).FirstOrDefault(m => m is not null);
        var meta = (first?.Transaction ?? 0) >= (second?.Transaction ?? 0) ? first ?? second : second;
        if (meta is null)
            throw new EtcdSnapshotException($"{file.Path} is no etcd snapshot: neither of its first two pages is that of a bbolt database");
        if (meta.PageCount > (ulong)(file.Length / meta.PageSize))
            throw new EtcdSnapshotException($"{file.Path} is cut short: it has {file.Length} bytes, and its database {meta.PageCount} pages of {meta.PageSize}");
        return meta;
    }

    private static IEnumerable<int> Sizes()
    {
        for (var size = SmallestPage; size <= LargestPage; size *= 2)
            yield return size;
    }

    private static BoltMeta? TryRead(SnapshotFile file, long page)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        if (page + BoltPage.HeaderBytes + Bytes > file.Length)
            return null;
        file.Read(page + BoltPage.HeaderBytes, bytes);
        var whole = BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Magic
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == Version
            && BinaryPrimitives.ReadUInt64LittleEndian(bytes[ChecksumOffset..]) == Checksum(bytes[..ChecksumOffset]);
        var pageSize = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (!whole || !Sizes().Contains((int)pageSize))
            return null;
        return new BoltMeta(
            (int)pageSize,
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]));
    }

    // FNV-1a.
    private static ulong Checksum(ReadOnlySpan<byte> bytes)
    {
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var b in bytes)
            hash = unchecked((hash ^ b) * 1_099_511_628_211UL);
        return hash;
    }
}
