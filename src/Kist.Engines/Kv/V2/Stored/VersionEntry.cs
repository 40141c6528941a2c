using System.Buffers.Binary;

namespace Kist.Engines.Kv.V2.Stored;

/// <summary>
/// One version of a secret. Stored as <c>schema (1 byte) | flags (1) | created (8) | deletion (8) | data</c>: times are 100 ns since the year 1 in
/// UTC, big-endian; flag 1 is destroyed, flag 2 has a deletion time. A read cuts the data out and passes it on without parsing it.
/// </summary>
/// <param name="Created">When it was written.</param>
/// <param name="Deletion">From when on it counts as deleted, which may lie ahead; null for never.</param>
/// <param name="Destroyed">The data is gone for good.</param>
/// <param name="Data">The client's JSON object, byte for byte; empty when destroyed.</param>
internal readonly record struct VersionEntry(DateTimeOffset Created, DateTimeOffset? Deletion, bool Destroyed, ReadOnlyMemory<byte> Data)
{
    /// <summary>Bytes before the data.</summary>
    public const int HeaderBytes = 18;

    private const byte Schema = 1;
    private const byte DestroyedFlag = 1;
    private const byte DeletionFlag = 2;

    /// <summary>True when its data is not to be shown at <paramref name="now"/>.</summary>
    public bool IsGone(DateTimeOffset now) => Destroyed || Deletion <= now;

    /// <summary>Reads a stored entry; the data is a part of <paramref name="stored"/>, not a copy.</summary>
    /// <exception cref="InvalidDataException">Another layout.</exception>
    public static VersionEntry Parse(ReadOnlyMemory<byte> stored)
    {
        var header = stored.Span;
        if (header.Length < HeaderBytes || header[0] != Schema)
            throw new InvalidDataException("a stored version has a layout that this program does not know");
        return new(
            Time(header[2..]),
            (header[1] & DeletionFlag) != 0 ? Time(header[10..]) : null,
            (header[1] & DestroyedFlag) != 0,
            stored[HeaderBytes..]);
    }

    /// <summary>The stored form.</summary>
    public byte[] ToBytes()
    {
        var stored = new byte[HeaderBytes + Data.Length];
        stored[0] = Schema;
        stored[1] = (byte)((Destroyed ? DestroyedFlag : 0) | (Deletion is null ? 0 : DeletionFlag));
        BinaryPrimitives.WriteInt64BigEndian(stored.AsSpan(2), Created.UtcTicks);
        BinaryPrimitives.WriteInt64BigEndian(stored.AsSpan(10), Deletion?.UtcTicks ?? 0);
        Data.Span.CopyTo(stored.AsSpan(HeaderBytes));
        return stored;
    }

    private static DateTimeOffset Time(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadInt64BigEndian(bytes), TimeSpan.Zero);
}
