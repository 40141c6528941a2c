using System.Buffers;
using System.Buffers.Binary;

namespace Kist.Wire.Http2;

/// <summary>The types of frames that are looked into (RFC 9113, 6).</summary>
internal enum Http2FrameType : byte
{
    /// <summary>Begins a block of headers.</summary>
    Headers = 1,

    /// <summary>Continues one.</summary>
    Continuation = 9,
}

/// <summary>The flags of a HEADERS frame.</summary>
[Flags]
internal enum Http2HeadersBits : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>No body follows.</summary>
    EndStream = 0x1,

    /// <summary>The block ends with this frame.</summary>
    EndHeaders = 0x4,

    /// <summary>The payload begins with the length of padding at its end.</summary>
    Padded = 0x8,

    /// <summary>A priority of five bytes stands before the block.</summary>
    Priority = 0x20,
}

/// <summary>The nine bytes before each frame's payload.</summary>
internal readonly record struct Http2FrameHeader(int Length, Http2FrameType Type, Http2HeadersBits Flags, int Stream)
{
    /// <summary>Its length.</summary>
    public const int Bytes = 9;

    /// <summary>Reads it from the first bytes.</summary>
    public static Http2FrameHeader Read(ReadOnlySpan<byte> bytes) => new(
        bytes[0] << 16 | bytes[1] << 8 | bytes[2],
        (Http2FrameType)bytes[3],
        (Http2HeadersBits)bytes[4],
        (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]) & int.MaxValue));

    /// <summary>Writes it.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        var span = output.GetSpan(Bytes);
        span[0] = (byte)(Length >> 16);
        span[1] = (byte)(Length >> 8);
        span[2] = (byte)Length;
        span[3] = (byte)Type;
        span[4] = (byte)Flags;
        BinaryPrimitives.WriteInt32BigEndian(span[5..], Stream);
        output.Advance(Bytes);
    }
}
