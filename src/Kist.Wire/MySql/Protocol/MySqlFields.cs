using System.Buffers.Binary;
using System.Text;

namespace Kist.Wire.MySql.Protocol;

/// <summary>Reads the fields of a packet, one after the other.</summary>
/// <exception cref="FormatException">Thrown by all when the packet ends too early.</exception>
internal ref struct MySqlFields(ReadOnlySpan<byte> packet)
{
    private ReadOnlySpan<byte> rest = packet;

    public readonly int Left => rest.Length;

    public byte Byte() => Take(1)[0];

    public int Int16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint Int32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>A number of one, three, four or nine bytes.</summary>
    public ulong Number() => Byte() switch
    {
        < 0xfb and var small => small,
        0xfc => BinaryPrimitives.ReadUInt16LittleEndian(Take(2)),
        0xfd => (ulong)(Take(1)[0] | (BinaryPrimitives.ReadUInt16LittleEndian(Take(2)) << 8)),
        0xfe => BinaryPrimitives.ReadUInt64LittleEndian(Take(8)),
        _ => throw new FormatException("a number that is none"),
    };

    /// <summary>Bytes after their number.</summary>
    public ReadOnlySpan<byte> Counted()
    {
        var length = Number();
        return length <= (ulong)rest.Length ? Take((int)length) : throw new FormatException("a field that is longer than its packet");
    }

    /// <summary>Text after its length, or null.</summary>
    public string? NullableText()
    {
        if (rest is [0xfb, ..])
        {
            rest = rest[1..];
            return null;
        }
        return Encoding.UTF8.GetString(Counted());
    }

    /// <summary>Text up to a zero byte, or to the packet's end.</summary>
    public string TextToZero()
    {
        var length = rest.IndexOf((byte)0);
        if (length < 0)
            return Encoding.UTF8.GetString(Rest());
        var text = Encoding.UTF8.GetString(rest[..length]);
        rest = rest[(length + 1)..];
        return text;
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > rest.Length)
            throw new FormatException("a packet that ends too early");
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    public ReadOnlySpan<byte> Rest() => Take(rest.Length);
}
