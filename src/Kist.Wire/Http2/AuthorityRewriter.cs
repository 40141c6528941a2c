using System.Buffers;

namespace Kist.Wire.Http2;

/// <summary>
/// Passes on what an HTTP/2 client sends, with <c>:authority</c> replaced by <c>localhost</c>. Clients of a Unix socket send what they like there, such
/// as the socket's path, since nobody is named by it; web servers refuse what is no host name. Blocks are written anew without compression, so that the
/// server behind needs no table of its own; all other frames pass unchanged. One thread at a time.
/// </summary>
public sealed class AuthorityRewriter
{
    // Frames may have 16 KiB until the peer is told otherwise, which a server behind this must not do.
    private const int MostFrameBytes = 16 * 1024;
    private const int MostBlockBytes = 64 * 1024;
    private const int PriorityBytes = 5;

    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    private readonly HpackDecoder decoder = new(MostBlockBytes);
    private readonly List<HpackField> fields = [];
    private readonly ArrayBufferWriter<byte> block = new();
    private readonly ArrayBufferWriter<byte> plain = new();
    private Http2FrameHeader begun;
    private long passing;
    private bool greeted;

    /// <summary>True once something came that no HTTP/2 client sends: the connection cannot be read further and must be closed.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Takes whole parts from the front of <paramref name="input"/> and writes what becomes of them.</summary>
    /// <returns>How far it came; what is left must come again with more.</returns>
    public SequencePosition Rewrite(ReadOnlySequence<byte> input, IBufferWriter<byte> output)
    {
        var reader = new SequenceReader<byte>(input);
        var goesOn = !IsBroken;
        while (goesOn)
            goesOn = Step(ref reader, output);
        return reader.Position;
    }

    private bool Step(ref SequenceReader<byte> reader, IBufferWriter<byte> output)
    {
        if (!greeted)
            return Greet(ref reader, output);
        if (passing > 0)
            return Pass(ref reader, output);
        Span<byte> head = stackalloc byte[Http2FrameHeader.Bytes];
        if (!reader.TryCopyTo(head))
            return false;
        var frame = Http2FrameHeader.Read(head);
        if (frame.Length > MostFrameBytes || (InBlock && (frame.Type != Http2FrameType.Continuation || frame.Stream != begun.Stream)))
            return Break();
        if (frame.Type is not (Http2FrameType.Headers or Http2FrameType.Continuation))
        {
            passing = Http2FrameHeader.Bytes + frame.Length;
            return Pass(ref reader, output);
        }
        if (reader.Remaining < Http2FrameHeader.Bytes + frame.Length)
            return false;
        reader.Advance(Http2FrameHeader.Bytes);
        var payload = new byte[frame.Length];
        reader.TryCopyTo(payload);
        reader.Advance(frame.Length);
        return Take(frame, payload, output) || Break();
    }

    private bool InBlock => begun.Stream != 0;

    private bool Break()
    {
        IsBroken = true;
        return false;
    }

    private bool Greet(ref SequenceReader<byte> reader, IBufferWriter<byte> output)
    {
        Span<byte> start = stackalloc byte[Preface.Length];
        if (!reader.TryCopyTo(start))
            return false;
        if (!start.SequenceEqual(Preface))
            return Break();
        output.Write(start);
        reader.Advance(start.Length);
        greeted = true;
        return true;
    }

    private bool Pass(ref SequenceReader<byte> reader, IBufferWriter<byte> output)
    {
        var take = Math.Min(passing, reader.Remaining);
        if (take == 0)
            return false;
        foreach (var part in reader.UnreadSequence.Slice(0, take))
            output.Write(part.Span);
        reader.Advance(take);
        passing -= take;
        return true;
    }

    private bool Take(Http2FrameHeader frame, ReadOnlySpan<byte> payload, IBufferWriter<byte> output)
    {
        if (frame.Type == Http2FrameType.Headers)
        {
            if (frame.Stream == 0 || !TryTrim(frame.Flags, ref payload))
                return false;
            begun = frame;
            block.ResetWrittenCount();
        }
        else if (!InBlock)
        {
            return false;
        }
        if (block.WrittenCount + payload.Length > MostBlockBytes)
            return false;
        block.Write(payload);
        return !frame.Flags.HasFlag(Http2HeadersBits.EndHeaders) || Finish(output);
    }

    private static bool TryTrim(Http2HeadersBits flags, ref ReadOnlySpan<byte> payload)
    {
        var padding = 0;
        if (flags.HasFlag(Http2HeadersBits.Padded))
        {
            if (payload.IsEmpty)
                return false;
            padding = payload[0];
            payload = payload[1..];
        }
        var before = flags.HasFlag(Http2HeadersBits.Priority) ? PriorityBytes : 0;
        if (payload.Length < before + padding)
            return false;
        payload = payload[before..^padding];
        return true;
    }

    private bool Finish(IBufferWriter<byte> output)
    {
        if (!decoder.TryDecode(block.WrittenSpan, fields))
            return false;
        plain.ResetWrittenCount();
        foreach (var field in fields)
            Write(field);
        var rest = plain.WrittenSpan;
        var type = Http2FrameType.Headers;
        var flags = begun.Flags & Http2HeadersBits.EndStream;
        do
        {
            var part = rest[..Math.Min(rest.Length, MostFrameBytes)];
            rest = rest[part.Length..];
            new Http2FrameHeader(part.Length, type, rest.IsEmpty ? flags | Http2HeadersBits.EndHeaders : flags, begun.Stream).Write(output);
            output.Write(part);
            type = Http2FrameType.Continuation;
            flags = Http2HeadersBits.None;
        }
        while (!rest.IsEmpty);
        begun = default;
        return true;
    }

    private void Write(HpackField field)
    {
        // The same thing by its older name, which would have to agree.
        if (field.Name.Span.SequenceEqual("host"u8))
            return;
        WriteByte(0);
        WriteText(field.Name.Span);
        WriteText(field.Name.Span.SequenceEqual(":authority"u8) ? "localhost"u8 : field.Value.Span);
    }

    private void WriteText(ReadOnlySpan<byte> text)
    {
        const int Prefix = 127;
        if (text.Length < Prefix)
        {
            WriteByte((byte)text.Length);
        }
        else
        {
            WriteByte(Prefix);
            var rest = text.Length - Prefix;
            for (; rest >= 128; rest >>= 7)
                WriteByte((byte)(rest | 128));
            WriteByte((byte)rest);
        }
        plain.Write(text);
    }

    private void WriteByte(byte value)
    {
        plain.GetSpan(1)[0] = value;
        plain.Advance(1);
    }
}
