using System.Buffers;

namespace Kist.Wire.Http2;

/// <summary>Reads HPACK's Huffman code (RFC 7541, appendix B). The code is canonical: the lengths alone say which bits a symbol has.</summary>
internal static class HpackHuffman
{
    private const int EndOfString = 256;
    private const int LongestCode = 30;

    // Bits of the code of each byte, and last of the end of the string.
    private static readonly byte[] Lengths =
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    private static readonly Table Codes = new(Lengths);

    /// <summary>Appends the decoded text. False for what no encoder writes: the symbol of the end, or padding that is long or not all ones.</summary>
    /// <param name="encoded">The encoded text.</param>
    /// <param name="output">Gets at most <c>8/5</c> as many bytes, for the shortest code has five bits.</param>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, IBufferWriter<byte> output)
    {
        var span = output.GetSpan((encoded.Length * 8 / 5) + 1);
        var written = 0;
        uint code = 0;
        var length = 0;
        foreach (var b in encoded)
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                code = code << 1 | ((uint)b >> bit & 1);
                length++;
                var symbol = Codes.Find(code, length);
                if (symbol == EndOfString || (symbol < 0 && length == LongestCode))
                    return false;
                if (symbol < 0)
                    continue;
                span[written++] = (byte)symbol;
                code = 0;
                length = 0;
            }
        }
        output.Advance(written);
        return length < 8 && code == (1u << length) - 1;
    }

    private sealed class Table
    {
        private readonly uint[] first = new uint[LongestCode + 1];
        private readonly int[] start = new int[LongestCode + 1];
        private readonly int[] count = new int[LongestCode + 1];
        private readonly short[] symbols;

        public Table(byte[] lengths)
        {
            symbols = [.. Enumerable.Range(0, lengths.Length).OrderBy(s => lengths[s]).ThenBy(static s => s).Select(static s => (short)s)];
            uint code = 0;
            var position = 0;
            for (var length = 1; length <= LongestCode; length++)
            {
                first[length] = code;
                start[length] = position;
                count[length] = lengths.Count(l => l == length);
                position += count[length];
                code = code + (uint)count[length] << 1;
            }
        }

        // Fewer codes of a length than the number would need are no code of that length: a longer one begins so.
        public int Find(uint code, int length)
        {
            var offset = (long)code - first[length];
            return offset >= 0 && offset < count[length] ? symbols[start[length] + (int)offset] : -1;
        }
    }
}
