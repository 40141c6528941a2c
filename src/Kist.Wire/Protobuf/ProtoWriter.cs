using System.Buffers;
using System.Text;

namespace Kist.Wire.Protobuf;

/// <summary>Writes protobuf fields one after the other, in the order of the calls.</summary>
/// <param name="output">Takes the bytes.</param>
public readonly struct ProtoWriter(IBufferWriter<byte> output)
{
    private const int LongestVarint = 10;

    /// <summary>How many bytes a field with a length takes.</summary>
    public static int SizeOfBytes(int field, int length) => SizeOfVarint(Tag(field, ProtoWireType.Bytes)) + SizeOfVarint((ulong)length) + length;

    /// <summary>A field of bytes, empty or not.</summary>
    public void WriteBytes(int field, ReadOnlySpan<byte> value)
    {
        WriteLength(field, value.Length);
        output.Write(value);
    }

    /// <summary>A field of text, empty or not.</summary>
    public void WriteText(int field, string value)
    {
        WriteLength(field, Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, output);
    }

    /// <summary>A field's tag and length; <paramref name="length"/> bytes must follow.</summary>
    public void WriteLength(int field, int length)
    {
        Varint(Tag(field, ProtoWireType.Bytes));
        Varint((ulong)length);
    }

    /// <summary>An integer, boolean or enumeration.</summary>
    public void WriteNumber(int field, ulong value)
    {
        Varint(Tag(field, ProtoWireType.Varint));
        Varint(value);
    }

    private static ulong Tag(int field, ProtoWireType type) => (ulong)field << 3 | (ulong)type;

    private static int SizeOfVarint(ulong value)
    {
        var size = 1;
        while ((value >>= 7) != 0)
            size++;
        return size;
    }

    private void Varint(ulong value)
    {
        var span = output.GetSpan(LongestVarint);
        var count = 0;
        while (value >= 0x80)
        {
            span[count++] = (byte)(value | 0x80);
            value >>= 7;
        }
        span[count++] = (byte)value;
        output.Advance(count);
    }
}
