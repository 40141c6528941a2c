using System.Globalization;
using Kist.Wire.Sockets;

namespace Kist.Wire.Redis;

/// <summary>How large a reply may be.</summary>
/// <param name="Bytes">All lines and contents of a reply.</param>
/// <param name="Items">All parts of a reply, however deep.</param>
/// <param name="Depth">Arrays in arrays.</param>
internal sealed record RedisLimits(int Bytes = 16 * 1024 * 1024, int Items = 65_536, int Depth = 8);

/// <summary>Reads replies (RESP 2) from a connection.</summary>
internal sealed class RedisReplyReader(WireSocket socket, RedisLimits limits)
{
    private const int None = -1;

    // A line must fit into it.
    private readonly byte[] buffer = new byte[16 * 1024];
    private int start;
    private int end;
    private int bytesLeft;
    private int itemsLeft;

    /// <summary>True when more has come than was read: an answer to no question.</summary>
    public bool HasMore => start < end;

    /// <summary>Reads one reply.</summary>
    /// <exception cref="WireException">It is no reply, or too large.</exception>
    public async Task<RedisReply> ReadAsync(CancellationToken cancellationToken)
    {
        bytesLeft = limits.Bytes;
        itemsLeft = limits.Items;
        return await ReadAsync(limits.Depth, cancellationToken);
    }

    private async Task<RedisReply> ReadAsync(int depth, CancellationToken cancellationToken)
    {
        if (--itemsLeft < 0)
            throw TooLarge();
        var line = await LineAsync(cancellationToken);
        if (line.Length == 0)
            throw Malformed("an empty line");
        var content = line[1..];
        return line.Span[0] switch
        {
            (byte)'+' => RedisReply.OfBytes(RedisReplyKind.Text, content.ToArray()),
            (byte)'-' => RedisReply.OfBytes(RedisReplyKind.Error, content.ToArray()),
            (byte)':' => RedisReply.OfNumber(Number(content.Span)),
            (byte)'$' => await BytesAsync(Length(content.Span), cancellationToken),
            (byte)'*' => await ItemsAsync(Length(content.Span), depth, cancellationToken),
            _ => throw Malformed("a reply of no known type"),
        };
    }

    private async Task<RedisReply> BytesAsync(int length, CancellationToken cancellationToken)
    {
        if (length == None)
            return RedisReply.Null;
        Spend(length);
        var content = new byte[length];
        var there = Math.Min(length, end - start);
        buffer.AsSpan(start, there).CopyTo(content);
        start += there;
        await socket.ReceiveExactlyAsync(content.AsMemory(there), cancellationToken);
        if ((await LineAsync(cancellationToken)).Length > 0)
            throw Malformed("bytes that do not end where they should");
        return RedisReply.OfBytes(RedisReplyKind.Bytes, content);
    }

    private async Task<RedisReply> ItemsAsync(int count, int depth, CancellationToken cancellationToken)
    {
        if (count == None)
            return RedisReply.Null;
        if (count > itemsLeft || depth == 0)
            throw TooLarge();
        // The server may promise more than it sends.
        var items = new List<RedisReply>();
        for (var i = 0; i < count; i++)
            items.Add(await ReadAsync(depth - 1, cancellationToken));
        return RedisReply.OfItems(items);
    }

    // A line without its end; valid until the next read.
    private async Task<ReadOnlyMemory<byte>> LineAsync(CancellationToken cancellationToken)
    {
        var searched = 0;
        while (true)
        {
            var length = buffer.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                length += searched;
                var line = buffer.AsMemory(start, length);
                start += length + 1;
                Spend(length + 1);
                return line.Span is [.. var text, (byte)'\r'] && !text.Contains((byte)'\r')
                    ? line[..^1]
                    : throw Malformed("a line that ends otherwise");
            }
            searched = end - start;
            if (searched == buffer.Length)
                throw TooLarge();
            buffer.AsSpan(start, searched).CopyTo(buffer);
            start = 0;
            end = searched;
            end += await socket.ReceiveAsync(buffer.AsMemory(end), cancellationToken);
        }
    }

    private void Spend(int bytes)
    {
        if (bytes > bytesLeft)
            throw TooLarge();
        bytesLeft -= bytes;
    }

    private int Length(ReadOnlySpan<byte> digits) => Number(digits) switch
    {
        < None => throw Malformed("a negative length"),
        > int.MaxValue => throw TooLarge(),
        var length => (int)length,
    };

    private long Number(ReadOnlySpan<byte> digits) =>
        long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Malformed("a number that is none");

    private WireException Malformed(string what) => socket.Fault(WireFault.Malformed, $"the answer is not Redis's: {what}");

    private WireException TooLarge() => socket.Fault(WireFault.TooLarge, "the answer is larger than is taken");
}
