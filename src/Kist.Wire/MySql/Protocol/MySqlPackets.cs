using System.Security.Cryptography;
using Kist.Wire.Sockets;

namespace Kist.Wire.MySql.Protocol;

/// <summary>Sends and reads packets: three bytes of length, a number that counts up, and the content. Longer contents in parts are refused.</summary>
internal sealed class MySqlPackets(WireSocket socket)
{
    /// <summary>The longest content. One of 2^24 - 1 bytes would go on in the next packet.</summary>
    public const int MaxBytes = (1 << 24) - 2;

    private const int HeadBytes = 4;

    private byte next;

    public WireSocket Socket => socket;

    /// <summary>Begins a new command, whose packets count from 0.</summary>
    public void Begin() => next = 0;

    /// <summary>Sends a packet.</summary>
    /// <param name="content">The caller's.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task SendAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var packet = new byte[HeadBytes + content.Length];
        packet[0] = (byte)content.Length;
        packet[1] = (byte)(content.Length >> 8);
        packet[2] = (byte)(content.Length >> 16);
        packet[3] = next++;
        content.CopyTo(packet.AsMemory(HeadBytes));
        try
        {
            await socket.SendAsync(packet, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(packet);
        }
    }

    /// <summary>
    /// Reads a packet of at most <paramref name="most"/> bytes, and nothing beyond it: what follows may be TLS. It holds at least a byte.
    /// </summary>
    public async Task<byte[]> ReadAsync(int most, CancellationToken cancellationToken)
    {
        var head = new byte[HeadBytes];
        await socket.ReceiveExactlyAsync(head, cancellationToken);
        var length = head[0] | (head[1] << 8) | (head[2] << 16);
        if (length == 0)
            throw Malformed("an empty packet");
        if (length > most)
            throw socket.Fault(WireFault.TooLarge, "the answer is larger than is taken");
        if (head[3] != next++)
            throw Malformed("a packet out of turn");
        var content = new byte[length];
        await socket.ReceiveExactlyAsync(content, cancellationToken);
        return content;
    }

    /// <summary>The server does not keep to the protocol.</summary>
    public WireException Malformed(string what) => socket.Fault(WireFault.Malformed, $"the answer is not MySQL's: {what}");
}
