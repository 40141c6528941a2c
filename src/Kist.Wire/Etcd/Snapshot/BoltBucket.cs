using System.Buffers.Binary;
using System.Collections;

namespace Kist.Wire.Etcd.Snapshot;

/// <summary>
/// Walks a bucket of a bbolt database. Nothing that a file says is believed: no page is visited twice, the elements of a page lie one behind the
/// other within it, and keys ascend, so that a walk ends after at most as many steps as the file has bytes.
/// </summary>
internal sealed class BoltBucket
{
    private const int BucketHeaderBytes = 16;

    // bbolt's own bound.
    private const int LongestKey = 32_768;

    private readonly SnapshotFile file;
    private readonly BoltMeta meta;
    private readonly ulong root;
    private readonly BoltPage? inline;

    private BoltBucket(SnapshotFile file, BoltMeta meta, ulong root, BoltPage? inline)
    {
        this.file = file;
        this.meta = meta;
        this.root = root;
        this.inline = inline;
    }

    /// <summary>The bucket that holds the others.</summary>
    public static BoltBucket Root(SnapshotFile file, BoltMeta meta) => new(file, meta, meta.Root, null);

    /// <summary>The bucket of a name within this one, or null.</summary>
    public BoltBucket? Find(ReadOnlySpan<byte> name, CancellationToken cancellationToken)
    {
        foreach (var entry in Entries(cancellationToken))
        {
            if (entry.IsBucket && entry.Key.AsSpan().SequenceEqual(name))
                return Open(entry);
        }
        return null;
    }

    /// <summary>The entries in order of their keys.</summary>
    public IEnumerable<BoltEntry> Entries(CancellationToken cancellationToken)
    {
        var window = new SnapshotWindow(file);
        var visited = new BitArray((int)Math.Min(meta.PageCount, int.MaxValue));
        var pages = new Stack<ulong>();
        byte[]? last = null;
        if (inline is null)
            pages.Push(root);
        for (var page = inline ?? Next(window, pages, visited); page is { } leaf; page = Next(window, pages, visited))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var end = leaf.TableEnd;
            for (var i = 0; i < leaf.Count; i++)
            {
                var entry = Entry(window, leaf, i, ref end);
                if (last is not null && entry.Key.AsSpan().SequenceCompareTo(last) <= 0)
                    throw Damaged($"the keys of {leaf.Name} do not ascend");
                last = entry.Key;
                yield return entry;
            }
        }
    }

    /// <summary>Goes down to the next leaf.</summary>
    private BoltPage? Next(SnapshotWindow window, Stack<ulong> pages, BitArray visited)
    {
        while (pages.TryPop(out var id))
        {
            var page = Page(window, id, visited);
            if (!page.IsBranch)
                return page;
            // The first child is to be on top.
            for (var i = page.Count - 1; i >= 0; i--)
                pages.Push(BinaryPrimitives.ReadUInt64LittleEndian(window.Read(page.Element(i) + 8, sizeof(ulong))));
        }
        return null;
    }

    private BoltPage Page(SnapshotWindow window, ulong id, BitArray visited)
    {
        var name = $"page {id}";
        // The first two pages are about the database.
        if (id < 2 || id >= (ulong)visited.Length)
            throw Damaged($"{name} is not one of its {meta.PageCount} pages");
        var offset = (long)id * meta.PageSize;
        var header = BoltPageHeader.Read(window.Read(offset, BoltPage.HeaderBytes));
        if (header.Id != id)
            throw Damaged($"{name} says that it is page {header.Id}");
        if (header.Flags is not (BoltPageHeader.Branch or BoltPageHeader.Leaf))
            throw Damaged($"{name} should hold entries, and is of kind {header.Flags}");
        if (header.Overflow >= (ulong)visited.Length - id)
            throw Damaged($"{name} goes on for {header.Overflow} pages, beyond the end");
        for (var i = (int)id; i <= (int)id + (int)header.Overflow; i++)
        {
            if (visited[i])
                throw Damaged($"page {i} is used twice");
            visited[i] = true;
        }
        var end = offset + ((header.Overflow + 1L) * meta.PageSize);
        return Checked(new BoltPage(name, offset, end, header.Flags == BoltPageHeader.Branch, header.Count));
    }

    private BoltPage Checked(BoltPage page) =>
        page.TableEnd <= page.End ? page : throw Damaged($"{page.Name} has {page.Count} elements, more than fit");

    private BoltEntry Entry(SnapshotWindow window, BoltPage page, int index, ref long end)
    {
        var element = page.Element(index);
        var bytes = window.Read(element, BoltPage.ElementBytes);
        var isBucket = (BinaryPrimitives.ReadUInt32LittleEndian(bytes) & 1) != 0;
        var key = element + BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        var keyLength = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        var valueLength = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        var value = key + keyLength;
        if (key < end || value + valueLength > page.End || keyLength is 0 or > LongestKey || valueLength > Array.MaxLength)
            throw Damaged($"element {index} of {page.Name} does not lie within it, behind the one before");
        end = value + valueLength;
        return new BoltEntry(isBucket, Read(window, key, (int)keyLength), value, (int)valueLength);
    }

    private byte[] Read(SnapshotWindow window, long offset, int length)
    {
        if (length <= SnapshotWindow.MaxBytes)
            return window.Read(offset, length).ToArray();
        var bytes = new byte[length];
        file.Read(offset, bytes);
        return bytes;
    }

    /// <summary>A bucket's value names its page, or, with page 0, has it inside.</summary>
    private BoltBucket Open(BoltEntry entry)
    {
        Span<byte> header = stackalloc byte[BucketHeaderBytes + BoltPage.HeaderBytes];
        if (entry.ValueLength < BucketHeaderBytes)
            throw Damaged("a bucket has no page");
        file.Read(entry.ValueOffset, header[..BucketHeaderBytes]);
        var page = BinaryPrimitives.ReadUInt64LittleEndian(header);
        if (page != 0)
            return new BoltBucket(file, meta, page, null);
        if (entry.ValueLength < header.Length)
            throw Damaged("a small bucket has no page");
        file.Read(entry.ValueOffset, header);
        var inner = BoltPageHeader.Read(header[BucketHeaderBytes..]);
        if (inner.Flags != BoltPageHeader.Leaf)
            throw Damaged($"a small bucket should hold entries, and is of kind {inner.Flags}");
        return new BoltBucket(file, meta, 0, Checked(new BoltPage(
            "a small bucket", entry.ValueOffset + BucketHeaderBytes, entry.ValueOffset + entry.ValueLength, IsBranch: false, inner.Count)));
    }

    private EtcdSnapshotException Damaged(string what) => new($"{file.Path} is damaged: {what}");
}
