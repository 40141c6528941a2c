namespace Kist.Wire.Protobuf;

/// <summary>
/// Walks the fields of one protobuf message without a schema and without copies. Malformed input ends the walk and sets <see cref="IsMalformed"/>;
/// nothing throws. What a field means, and that of a repeated field the last counts, is the caller's.
/// </summary>
public ref struct ProtoReader
{
    // Go's implementation allows 10,000; a group is long out of use and no format here has one.
    private const int MaxGroupDepth = 32;
    private const int MaxFieldNumber = (1 << 29) - 1;

    private readonly ReadOnlySpan<byte> message;
    private int position;

    /// <summary>Starts before the first field.</summary>
    public ProtoReader(ReadOnlySpan<byte> message) => this.message = message;

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>How the current field is written.</summary>
    public ProtoWireType Type { get; private set; }

    /// <summary>The current field's value when it is a varint, else 0.</summary>
    public ulong Number { get; private set; }

    /// <summary>The current field's bytes when it has a length, else empty.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Where <see cref="Bytes"/> starts in the message.</summary>
    public int BytesOffset { get; private set; }

    /// <summary>True once something was read that is not protobuf.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Moves to the next field. False at the end, or when the rest is malformed.</summary>
    public bool Next()
    {
        if (IsMalformed || position == message.Length)
            return false;
        Number = 0;
        Bytes = default;
        return ReadTag() && Type != ProtoWireType.EndGroup && ReadValue(0) || Fail();
    }

    /// <summary>Moves to the next field that has number and type; others are passed over, as unknown ones are.</summary>
    public bool NextOf(int field, ProtoWireType type)
    {
        while (Next())
        {
            if (Field == field && Type == type)
                return true;
        }
        return false;
    }

    private bool Fail()
    {
        IsMalformed = true;
        return false;
    }

    private bool ReadTag()
    {
        if (!ReadVarint(out var tag) || tag >> 3 is 0 or > MaxFieldNumber)
            return false;
        Field = (int)(tag >> 3);
        Type = (ProtoWireType)(tag & 7);
        return true;
    }

    private bool ReadValue(int depth)
    {
        switch (Type)
        {
            case ProtoWireType.Varint:
                var read = ReadVarint(out var number);
                Number = number;
                return read;
            case ProtoWireType.Fixed64:
                return Skip(8);
            case ProtoWireType.Fixed32:
                return Skip(4);
            case ProtoWireType.Bytes:
                return ReadBytes();
            case ProtoWireType.StartGroup:
                return SkipGroup(depth);
            default:
                return false;
        }
    }

    private bool ReadBytes()
    {
        if (!ReadVarint(out var length) || length > (ulong)(message.Length - position))
            return false;
        BytesOffset = position;
        Bytes = message.Slice(position, (int)length);
        position += (int)length;
        return true;
    }

    private bool SkipGroup(int depth)
    {
        var group = Field;
        if (depth == MaxGroupDepth)
            return false;
        while (ReadTag())
        {
            if (Type == ProtoWireType.EndGroup)
            {
                var ended = Field == group;
                Type = ProtoWireType.StartGroup;
                Number = 0;
                Bytes = default;
                return ended;
            }
            if (!ReadValue(depth + 1))
                return false;
        }
        return false;
    }

    private bool Skip(int count)
    {
        if (message.Length - position < count)
            return false;
        position += count;
        return true;
    }

    private bool ReadVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && position < message.Length; shift += 7)
        {
            var b = message[position++];
            // The tenth byte holds the 64th bit alone.
            if (shift == 63 && b > 1)
                return false;
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return true;
        }
        return false;
    }
}
