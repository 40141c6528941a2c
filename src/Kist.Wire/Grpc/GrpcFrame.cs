using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Google.Protobuf;

namespace Kist.Wire.Grpc;

/// <summary>A message on the wire: a byte that says whether it is compressed, four bytes of length, the message.</summary>
internal static class GrpcFrame
{
    public const int PrefixBytes = 5;

    /// <summary>The frame of <paramref name="message"/>.</summary>
    public static byte[] Write(IMessage message)
    {
        var frame = new byte[PrefixBytes + message.CalculateSize()];
        WritePrefix(frame, frame.Length - PrefixBytes);
        message.WriteTo(frame.AsSpan(PrefixBytes));
        return frame;
    }

    /// <summary>Writes the frame of <paramref name="message"/> to <paramref name="output"/>.</summary>
    public static void Write(IMessage message, IBufferWriter<byte> output)
    {
        WritePrefix(output.GetSpan(PrefixBytes), message.CalculateSize());
        output.Advance(PrefixBytes);
        message.WriteTo(output);
    }

    /// <summary>Reads the next message, or null at an end between messages.</summary>
    /// <exception cref="GrpcException">The framing is broken, the message too large or no such message; the stream cannot be read further.</exception>
    public static async ValueTask<T?> ReadAsync<T>(Stream stream, MessageParser<T> parser, int maxBytes, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        var prefix = new byte[PrefixBytes];
        var read = await stream.ReadAtLeastAsync(prefix, PrefixBytes, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
            return null;
        if (read < PrefixBytes)
            throw Broken("the stream ended inside a message");
        var length = LengthOf(prefix, maxBytes);
        // The parser copies what it keeps. Keys and passwords pass through here, so nothing is left in the pool.
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            if (await stream.ReadAtLeastAsync(buffer.AsMemory(0, length), length, throwOnEndOfStream: false, cancellationToken) < length)
                throw Broken("the stream ended inside a message");
            return parser.ParseFrom(buffer.AsSpan(0, length));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"a message is no {typeof(T).Name}", GrpcOrigin.Local, e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer.AsSpan(0, length));
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int LengthOf(ReadOnlySpan<byte> prefix, int maxBytes)
    {
        if (prefix[0] == 1)
            throw Broken($"a message is compressed, and no other {GrpcNames.Encoding} than {GrpcNames.Identity} was agreed on");
        if (prefix[0] != 0)
            throw Broken($"a message begins with {prefix[0]} instead of 0 or 1");
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        return length <= maxBytes
            ? (int)length
            : throw new GrpcException(
                GrpcStatusCode.ResourceExhausted, $"a message of {length} bytes is larger than the {maxBytes} that are taken", GrpcOrigin.Local);
    }

    private static void WritePrefix(Span<byte> prefix, int length)
    {
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], length);
    }

    private static GrpcException Broken(string detail) => new(GrpcStatusCode.Internal, detail, GrpcOrigin.Local);
}
