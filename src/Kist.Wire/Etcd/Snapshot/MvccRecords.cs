using System.Buffers.Binary;
using Google.Protobuf;
using Kist.Wire.Etcd.Messages;

namespace Kist.Wire.Etcd.Snapshot;

/// <summary>Where a record of a key lies.</summary>
/// <param name="Main">The revision of its commit.</param>
/// <param name="Sub">Its place within the commit.</param>
/// <param name="Deleted">True for the record of a deletion.</param>
/// <param name="Offset">Where its bytes lie in the file.</param>
/// <param name="Length">How many there are.</param>
internal readonly record struct MvccPlace(long Main, long Sub, bool Deleted, long Offset, int Length);

/// <summary>Reads etcd's bucket of revisions: named by revision, each holds a key with what it held then.</summary>
internal sealed class MvccRecords(SnapshotFile file)
{
    // Eight bytes, an underscore, eight bytes; and a letter for a deletion.
    private const int NameBytes = 17;
    private const byte Separator = (byte)'_';
    private const byte DeletionMark = (byte)'t';

    // The first field of a record: the key.
    private const byte KeyTag = (1 << 3) | 2;
    private const int LongestVarint = 5;

    // etcd takes requests of 1.5 MiB unless it is told to take more, and nobody tells it to take this.
    private const int MostBytes = 256 * 1024 * 1024;

    private readonly SnapshotWindow window = new(file);

    /// <summary>Reads an entry's name.</summary>
    /// <exception cref="EtcdSnapshotException">It names no revision, or the record is larger than any of etcd.</exception>
    public MvccPlace Place(BoltEntry entry)
    {
        var name = entry.Key.AsSpan();
        var deleted = name.Length == NameBytes + 1 && name[^1] == DeletionMark;
        if (entry.IsBucket || !(deleted || name.Length == NameBytes) || name[8] != Separator)
            throw new EtcdSnapshotException($"{file.Path} is damaged: an entry of its bucket of revisions is named by no revision");
        var main = BinaryPrimitives.ReadInt64BigEndian(name);
        var sub = BinaryPrimitives.ReadInt64BigEndian(name[9..]);
        if (main < 0 || sub < 0)
            throw new EtcdSnapshotException($"{file.Path} is damaged: an entry of its bucket of revisions has a negative one");
        if (entry.ValueLength > MostBytes)
            throw new EtcdSnapshotException($"{file.Path} is damaged: the record of revision {main} would have {entry.ValueLength} bytes");
        return new MvccPlace(main, sub, deleted, entry.ValueOffset, entry.ValueLength);
    }

    /// <summary>The key of a record, until the next call; its value is not read.</summary>
    public ReadOnlySpan<byte> Key(MvccPlace place)
    {
        var start = window.Read(place.Offset, Math.Min(place.Length, SnapshotWindow.MaxBytes));
        // Otherwise a key longer than the window, or a record that somebody else has written.
        return TryKey(start, out var key) ? key : Read(place).Key.Span;
    }

    /// <summary>A record whole.</summary>
    /// <exception cref="EtcdSnapshotException">The bytes are no record, or one of another revision.</exception>
    public EtcdKeyValue Read(MvccPlace place)
    {
        var bytes = new byte[place.Length];
        file.Read(place.Offset, bytes);
        try
        {
            var entry = EtcdCodec.Decode(KeyValue.Parser.ParseFrom(bytes));
            // Of a field that comes twice, the parser takes the last: the record would be found by one key and read with another.
            if (TryKey(bytes.AsSpan(0, Math.Min(bytes.Length, SnapshotWindow.MaxBytes)), out var key) && !key.SequenceEqual(entry.Key.Span))
                throw new EtcdSnapshotException($"{file.Path} is damaged: the record of revision {place.Main} has two keys");
            if (place.Deleted)
                return entry with { ModRevision = place.Main };
            return entry.ModRevision == place.Main
                ? entry
                : throw new EtcdSnapshotException($"{file.Path} is damaged: the record of revision {place.Main} is one of {entry.ModRevision}");
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new EtcdSnapshotException($"{file.Path} is damaged: the record of revision {place.Main} cannot be read", e);
        }
    }

    private static bool TryKey(ReadOnlySpan<byte> start, out ReadOnlySpan<byte> key)
    {
        key = default;
        if (start.IsEmpty || start[0] != KeyTag || !TryLength(start[1..], out var length, out var used) || 1 + used + length > start.Length)
            return false;
        key = start.Slice(1 + used, length);
        return true;
    }

    private static bool TryLength(ReadOnlySpan<byte> bytes, out int length, out int used)
    {
        var value = 0UL;
        length = 0;
        for (used = 0; used < Math.Min(bytes.Length, LongestVarint);)
        {
            var b = bytes[used];
            value |= (ulong)(b & 0x7F) << (7 * used);
            used++;
            if (b < 0x80)
            {
                length = value <= SnapshotWindow.MaxBytes ? (int)value : 0;
                return value <= SnapshotWindow.MaxBytes;
            }
        }
        return false;
    }
}
