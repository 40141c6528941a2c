using System.Buffers.Binary;

namespace Kist.Wire.Etcd.Snapshot;

/// <summary>A page, or a run of pages that continue it, or a small bucket's page within a value.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="End">Where it ends.</param>
/// <param name="IsBranch">True when its elements are pages, false when they are entries.</param>
/// <param name="Count">How many elements it has.</param>
internal readonly record struct BoltPage(string Name, long Offset, long End, bool IsBranch, int Count)
{
    /// <summary>Id, kind, number of elements, pages that continue it.</summary>
    public const int HeaderBytes = 16;

    /// <summary>What says where an element lies.</summary>
    public const int ElementBytes = 16;

    /// <summary>Where the table of elements ends and their bytes begin.</summary>
    public long TableEnd => Offset + HeaderBytes + ((long)Count * ElementBytes);

    /// <summary>Where element <paramref name="index"/> is described.</summary>
    public long Element(int index) => Offset + HeaderBytes + ((long)index * ElementBytes);
}

/// <summary>The first bytes of a page.</summary>
internal readonly record struct BoltPageHeader(ulong Id, ushort Flags, ushort Count, uint Overflow)
{
    public const ushort Branch = 1;
    public const ushort Leaf = 2;

    public static BoltPageHeader Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]));
}

/// <summary>An entry of a bucket.</summary>
/// <param name="IsBucket">True when the value is a bucket's.</param>
/// <param name="Key">The key.</param>
/// <param name="ValueOffset">Where the value lies in the file.</param>
/// <param name="ValueLength">Bytes of the value.</param>
internal readonly record struct BoltEntry(bool IsBucket, byte[] Key, long ValueOffset, int ValueLength);
