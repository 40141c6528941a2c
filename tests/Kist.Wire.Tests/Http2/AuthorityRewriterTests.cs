using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Kist.Wire.Http2;

namespace Kist.Wire.Tests.Http2;

public sealed class AuthorityRewriterTests
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();
    private static readonly byte[] Settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];

    private static readonly byte[] Block =
    [
        0x83, 0x86, 0x41, 0x09, .. "/kms.sock"u8, 0x00, 0x04, .. "host"u8, 0x01, (byte)'h', 0x40, 0x04, .. "te-x"u8, 0x01, (byte)'1',
    ];

    private static readonly byte[] Expected =
    [
        .. Literal(":method", "POST"), .. Literal(":scheme", "http"), .. Literal(":authority", "localhost"), .. Literal("te-x", "1"),
    ];

    [Fact]
    public void Authority_becomes_localhost_and_all_else_passes()
    {
        byte[] data = Frame(0, 1, 1, [1, 2, 3]);
        byte[] input = [.. Preface, .. Settings, .. Frame(1, 4, 1, Block), .. data];
        Assert.Equal([.. Preface, .. Settings, .. Frame(1, 4, 1, Expected), .. data], Rewrite(input, input.Length));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100)]
    public void Input_in_any_pieces_gives_the_same(int size)
    {
        // Padding, priority and continuations are taken off; the second block is indices of the first one's table.
        byte[] input =
        [
            .. Preface, .. Settings,
            .. Frame(1, 0x8 | 0x20 | 0x1, 1, [2, 0, 0, 0, 0, 9, .. Block[..5], 0, 0]), .. Frame(9, 0, 1, Block[5..7]), .. Frame(9, 4, 1, Block[7..]),
            .. Frame(0, 1, 1, new byte[300]), .. Frame(1, 5, 3, [0x83, 0x86, 0xbf, 0xbe]),
        ];
        byte[] expected = [.. Preface, .. Settings, .. Frame(1, 5, 1, Expected), .. Frame(0, 1, 1, new byte[300]), .. Frame(1, 5, 3, Expected)];
        Assert.Equal(expected, Rewrite(input, size));
    }

    [Fact]
    public void A_block_that_grows_beyond_a_frame_goes_on_in_continuations()
    {
        var value = new string('v', 3000);
        byte[] entry = [0x40, 0x01, (byte)'a', 0x7f, 0xb9, 0x16, .. Encoding.ASCII.GetBytes(value)];
        byte[] input = [.. Preface, .. Frame(1, 4, 1, [.. entry, 0xbe, 0xbe, 0xbe, 0xbe, 0xbe, 0xbe])];
        var output = Rewrite(input, input.Length)[Preface.Length..];
        Assert.Equal((1, 0, 16_384), (output[3], output[4], output[0] << 16 | output[1] << 8 | output[2]));
        Assert.Equal((9, 4), (output[9 + 16_384 + 3], output[9 + 16_384 + 4]));
    }

    public static TheoryData<byte[]> Broken =>
    [
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(),
        (byte[])[.. Preface, .. Frame(1, 4, 0, Block)],
        (byte[])[.. Preface, .. Frame(9, 4, 1, Block)],
        (byte[])[.. Preface, .. Frame(1, 0, 1, Block), .. Settings],
        (byte[])[.. Preface, .. Frame(1, 0, 1, Block), .. Frame(9, 4, 3, [])],
        (byte[])[.. Preface, .. Frame(1, 0x8 | 4, 1, [9, 0x83])],
        (byte[])[.. Preface, .. Frame(1, 0x8 | 4, 1, [])],
        (byte[])[.. Preface, .. Frame(1, 0x20 | 4, 1, [0, 0])],
        (byte[])[.. Preface, .. Frame(1, 4, 1, [0x80])],
        (byte[])[.. Preface, .. Frame(1, 4, 1, new byte[16_385])],
        (byte[])[.. Preface, .. Frame(1, 0, 1, Block), .. Enumerable.Repeat(Frame(9, 0, 1, new byte[16_000]), 5).SelectMany(static f => f)],
    ];

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_no_client_sends_breaks_the_connection(byte[] input)
    {
        var rewriter = new AuthorityRewriter();
        rewriter.Rewrite(new ReadOnlySequence<byte>(input), new ArrayBufferWriter<byte>());
        Assert.True(rewriter.IsBroken);
    }

    [Fact]
    public void Any_bytes_after_the_preface_do_no_harm()
    {
        for (var i = 0; i < 3000; i++)
        {
            byte[] input = [.. Preface, .. Frame(1, (byte)RandomNumberGenerator.GetInt32(256), 1, RandomNumberGenerator.GetBytes(RandomNumberGenerator.GetInt32(80))), .. RandomNumberGenerator.GetBytes(200)];
            new AuthorityRewriter().Rewrite(new ReadOnlySequence<byte>(input), new ArrayBufferWriter<byte>());
        }
    }

    private static byte[] Rewrite(byte[] input, int size)
    {
        var rewriter = new AuthorityRewriter();
        var output = new ArrayBufferWriter<byte>();
        var waiting = Array.Empty<byte>();
        for (var at = 0; at < input.Length; at += size)
        {
            waiting = [.. waiting, .. input.AsSpan(at, Math.Min(size, input.Length - at))];
            var sequence = new ReadOnlySequence<byte>(waiting);
            waiting = sequence.Slice(rewriter.Rewrite(sequence, output)).ToArray();
            Assert.False(rewriter.IsBroken);
        }
        Assert.Empty(waiting);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Literal(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload) =>
        [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, (byte)stream, .. payload];
}
