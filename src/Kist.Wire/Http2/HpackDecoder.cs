using System.Buffers;

namespace Kist.Wire.Http2;

/// <summary>
/// Decodes the header blocks of one connection (RFC 7541). A block that is not what an encoder writes, or that is larger than the bound when decoded,
/// is a fault after which the connection cannot be read further. One thread at a time.
/// </summary>
/// <param name="maxListBytes">Most bytes of a block's names and values, with 32 for each field.</param>
internal sealed class HpackDecoder(int maxListBytes)
{
    /// <summary>The size of the dynamic table that peers may use until they are told otherwise.</summary>
    public const int TableBytes = 4096;

    private readonly List<HpackField> dynamic = [];
    private readonly ArrayBufferWriter<byte> text = new();
    private int dynamicBytes;
    private int allowedBytes = TableBytes;

    /// <summary>Decodes a block into <paramref name="fields"/>; false when it is faulty.</summary>
    public bool TryDecode(ReadOnlySpan<byte> block, List<HpackField> fields)
    {
        fields.Clear();
        var bytes = 0;
        while (!block.IsEmpty)
        {
            var first = block[0];
            if ((first & 0xE0) == 0x20)
            {
                // A new size stands before the fields.
                if (fields.Count > 0 || !TryResize(ref block))
                    return false;
                continue;
            }
            if (!TryReadField(ref block, first, out var field) || (bytes += field.Size) > maxListBytes)
                return false;
            fields.Add(field);
        }
        return true;
    }

    private bool TryReadField(ref ReadOnlySpan<byte> block, byte first, out HpackField field)
    {
        field = default;
        if ((first & 0x80) != 0)
            return TryReadInteger(ref block, 7, out var index) && TryFind(index, out field);
        var indexed = (first & 0x40) != 0;
        if (!TryReadInteger(ref block, indexed ? 6 : 4, out var nameIndex))
            return false;
        if (!TryReadName(ref block, nameIndex, out var name) || !TryReadText(ref block, out var value))
            return false;
        field = new HpackField(name, value);
        if (indexed)
            Add(field);
        return true;
    }

    private bool TryReadName(ref ReadOnlySpan<byte> block, int index, out ReadOnlyMemory<byte> name)
    {
        if (index == 0)
            return TryReadText(ref block, out name);
        var found = TryFind(index, out var field);
        name = field.Name;
        return found;
    }

    private bool TryFind(int index, out HpackField field)
    {
        var fixedCount = HpackStaticTable.Fields.Count;
        field = default;
        if (index == 0 || index > fixedCount + dynamic.Count)
            return false;
        // The newest entry has the lowest index.
        field = index <= fixedCount ? HpackStaticTable.Fields[index - 1] : dynamic[^(index - fixedCount)];
        return true;
    }

    private void Add(HpackField field)
    {
        dynamic.Add(field);
        dynamicBytes += field.Size;
        Evict();
    }

    private void Evict()
    {
        var count = 0;
        while (dynamicBytes > allowedBytes)
            dynamicBytes -= dynamic[count++].Size;
        dynamic.RemoveRange(0, count);
    }

    private bool TryResize(ref ReadOnlySpan<byte> block)
    {
        if (!TryReadInteger(ref block, 5, out var size) || size > TableBytes)
            return false;
        allowedBytes = size;
        Evict();
        return true;
    }

    private bool TryReadText(ref ReadOnlySpan<byte> block, out ReadOnlyMemory<byte> value)
    {
        value = default;
        if (block.IsEmpty)
            return false;
        var huffman = (block[0] & 0x80) != 0;
        if (!TryReadInteger(ref block, 7, out var length) || length > block.Length || length > maxListBytes)
            return false;
        var encoded = block[..length];
        block = block[length..];
        if (!huffman)
        {
            value = encoded.ToArray();
            return true;
        }
        text.ResetWrittenCount();
        if (!HpackHuffman.TryDecode(encoded, text))
            return false;
        value = text.WrittenSpan.ToArray();
        return true;
    }

    private static bool TryReadInteger(ref ReadOnlySpan<byte> block, int prefixBits, out int value)
    {
        value = 0;
        if (block.IsEmpty)
            return false;
        var most = (1 << prefixBits) - 1;
        value = block[0] & most;
        block = block[1..];
        if (value < most)
            return true;
        // Three further bytes are two million: more than any length or index here.
        for (var shift = 0; shift <= 14; shift += 7)
        {
            if (block.IsEmpty)
                return false;
            var b = block[0];
            block = block[1..];
            value += (b & 0x7F) << shift;
            if (b < 0x80)
                return true;
        }
        return false;
    }
}
