using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;

namespace Kist.Core.Audit;

/// <summary>
/// A growing buffer of one or two audit records in JSON, each without its end, which the writer adds with the sequence number. Commas need no state: a value or
/// name that does not follow an opening or a colon gets one. Not thread-safe; rented for the time of rendering.
/// </summary>
internal sealed class RecordBuffer
{
    private const int MostKept = 256 * 1024;

    private static readonly SearchValues<char> Escaped =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(i => (char)i), '"', '\\']);

    [ThreadStatic]
    private static RecordBuffer? kept;

    private byte[] bytes = new byte[4096];
    private int firstEnd;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Records ended.</summary>
    public int Records { get; private set; }

    /// <summary>The first record.</summary>
    public ReadOnlySpan<byte> First => bytes.AsSpan(0, firstEnd);

    /// <summary>The second record, or empty.</summary>
    public ReadOnlySpan<byte> Second => bytes.AsSpan(firstEnd, Length - firstEnd);

    /// <summary>An empty buffer, of this thread where one is free.</summary>
    public static RecordBuffer Rent()
    {
        var buffer = kept ?? new RecordBuffer();
        kept = null;
        return buffer;
    }

    /// <summary>Empties the buffer and keeps it for the thread's next record. What it held is wiped: <c>log_raw</c> renders in clear.</summary>
    public static void Return(RecordBuffer buffer)
    {
        buffer.Truncate(0);
        buffer.Records = buffer.firstEnd = 0;
        if (buffer.bytes.Length <= MostKept)
            kept = buffer;
    }

    /// <summary>Ends the record.</summary>
    public void EndRecord()
    {
        if (Records++ == 0)
            firstEnd = Length;
    }

    /// <summary>Drops everything after <paramref name="length"/>.</summary>
    public void Truncate(int length)
    {
        bytes.AsSpan(length, Length - length).Clear();
        Length = length;
    }

    /// <summary>Room for <paramref name="count"/> bytes, which <see cref="Advance"/> then counts as written.</summary>
    public Span<byte> Reserve(int count)
    {
        if (bytes.Length - Length < count)
            Grow(count);
        return bytes.AsSpan(Length);
    }

    /// <summary>Counts bytes as written.</summary>
    public void Advance(int count) => Length += count;

    /// <summary>Adds bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> json)
    {
        json.CopyTo(Reserve(json.Length));
        Length += json.Length;
    }

    /// <summary>Adds again what was written from <paramref name="start"/> to <paramref name="end"/>.</summary>
    public void Repeat(int start, int end)
    {
        _ = Reserve(end - start);
        Raw(bytes.AsSpan(start, end - start));
    }

    /// <summary>Adds a comma where one is due.</summary>
    public void Separate()
    {
        if (Length > (Records == 0 ? 0 : firstEnd) && bytes[Length - 1] is not ((byte)'{' or (byte)'[' or (byte)':'))
            Put((byte)',');
    }

    /// <summary>Adds an opening brace or bracket.</summary>
    public void Open(char opening)
    {
        Separate();
        Put((byte)opening);
    }

    /// <summary>Adds a closing brace or bracket.</summary>
    public void Close(char closing) => Put((byte)closing);

    /// <summary>Adds a property name that needs no escaping.</summary>
    public void Name(ReadOnlySpan<byte> name)
    {
        Separate();
        var room = Reserve(name.Length + 3);
        room[0] = (byte)'"';
        name.CopyTo(room[1..]);
        room[name.Length + 1] = (byte)'"';
        room[name.Length + 2] = (byte)':';
        Length += name.Length + 3;
    }

    /// <summary>Adds a string.</summary>
    public void Text(string value)
    {
        Separate();
        var safe = value.AsSpan().ContainsAny(Escaped) ? JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value) : value;
        var room = Reserve(Encoding.UTF8.GetMaxByteCount(safe.Length) + 2);
        room[0] = (byte)'"';
        var length = Encoding.UTF8.GetBytes(safe, room[1..]);
        room[length + 1] = (byte)'"';
        Length += length + 2;
    }

    /// <summary>Adds a number.</summary>
    public void Number(long value)
    {
        Separate();
        _ = value.TryFormat(Reserve(20), out var length, default, CultureInfo.InvariantCulture);
        Length += length;
    }

    /// <summary>Adds a property with a string; nothing when it is empty, as Vault does.</summary>
    public void Field(ReadOnlySpan<byte> name, string value)
    {
        if (value.Length == 0)
            return;
        Name(name);
        Text(value);
    }

    /// <summary>Adds a property with a list of strings; nothing when it is empty.</summary>
    public void Field(ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
            return;
        Name(name);
        Open('[');
        for (var i = 0; i < values.Count; i++)
            Text(values[i]);
        Close(']');
    }

    /// <summary>Adds a property with a map of strings; nothing when it is empty.</summary>
    public void Field(ReadOnlySpan<byte> name, IReadOnlyDictionary<string, string> values)
    {
        if (values.Count == 0)
            return;
        Name(name);
        Open('{');
        foreach (var (key, value) in values)
        {
            Text(key);
            Put((byte)':');
            Text(value);
        }
        Close('}');
    }

    /// <summary>Adds a property with a number.</summary>
    public void Field(ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        Number(value);
    }

    /// <summary>Adds a property with a truth value.</summary>
    public void Field(ReadOnlySpan<byte> name, bool value)
    {
        Name(name);
        Raw(value ? "true"u8 : "false"u8);
    }

    /// <summary>Adds a property with a time in UTC (RFC 3339): to 100 ns, or to the second.</summary>
    public void Field(ReadOnlySpan<byte> name, DateTimeOffset value, bool toTheSecond = false)
    {
        Name(name);
        Put((byte)'"');
        _ = value.UtcDateTime.TryFormat(Reserve(32), out var length, toTheSecond ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "O", CultureInfo.InvariantCulture);
        Length += length;
        Put((byte)'"');
    }

    /// <summary>Adds a property with an address.</summary>
    public void Field(ReadOnlySpan<byte> name, IPAddress value)
    {
        Name(name);
        Put((byte)'"');
        _ = value.TryFormat(Reserve(80), out var length);
        Length += length;
        Put((byte)'"');
    }

    private void Put(byte value)
    {
        Reserve(1)[0] = value;
        Length++;
    }

    private void Grow(int count)
    {
        var larger = new byte[Math.Max(bytes.Length * 2, checked(Length + count))];
        bytes.AsSpan(0, Length).CopyTo(larger);
        bytes.AsSpan(0, Length).Clear();
        bytes = larger;
    }
}
