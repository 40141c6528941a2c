using System.Buffers;
using System.Text;
using System.Text.Json;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Routing;

/// <summary>
/// The keys of the objects that a reader is inside of, as places in the text, to find one that an object has twice. Nothing is allocated for a key or
/// an object: buffers are rented, and only keys with escapes are copied, to one of them. Not thread-safe.
/// </summary>
internal sealed class JsonKeys : IDisposable
{
    private const int LongestShown = 64;

    private readonly ReadOnlyMemory<byte> json;
    private readonly Comparison<Key> comparison;

    // Where the keys, and the copied ones, of each open object begin.
    private readonly (int Keys, int Copies)[] firsts = new (int, int)[FieldJson.MaxDepth + 1];

    private Key[] keys = ArrayPool<Key>.Shared.Rent(32);
    private byte[] copies = [];
    private int depth;
    private int count;
    private int copied;

    /// <summary>For a reader of <paramref name="json"/>, from its start.</summary>
    public JsonKeys(ReadOnlyMemory<byte> json)
    {
        this.json = json;
        comparison = Compare;
    }

    /// <summary>Enters an object.</summary>
    public void Open() => firsts[depth++] = (count, copied);

    /// <summary>Leaves the object. Answers a key that it has twice, shortened for people, or null.</summary>
    public string? Close()
    {
        var (first, firstCopy) = firsts[--depth];
        var mine = keys.AsSpan(first, count - first);
        string? twice = null;
        // Equal keys come to stand side by side.
        mine.Sort(comparison);
        for (var i = 1; i < mine.Length && twice is null; i++)
        {
            if (Compare(mine[i - 1], mine[i]) == 0)
                twice = Shown(BytesOf(mine[i]));
        }
        (count, copied) = (first, firstCopy);
        return twice;
    }

    /// <summary>Adds the key that <paramref name="reader"/> stands on to the innermost object; answers how many that has now.</summary>
    /// <exception cref="InvalidOperationException">An escape names no character.</exception>
    public int Add(ref Utf8JsonReader reader)
    {
        var key = reader.ValueIsEscaped ? Copy(ref reader) : new Key((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length, IsCopy: false, 0);
        var hash = new HashCode();
        hash.AddBytes(BytesOf(key));
        if (count == keys.Length)
            Grow(ref keys, count, count + 1);
        keys[count++] = key with { Hash = hash.ToHashCode() };
        return count - firsts[depth - 1].Keys;
    }

    /// <summary>Looks whether a string value is text.</summary>
    /// <exception cref="InvalidOperationException">An escape names no character.</exception>
    public static void CheckEscapes(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return;
        var scratch = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            _ = reader.CopyString(scratch);
        }
        finally
        {
            // It may be a secret.
            ArrayPool<byte>.Shared.Return(scratch, clearArray: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<Key>.Shared.Return(keys);
        if (copies.Length > 0)
            ArrayPool<byte>.Shared.Return(copies);
        (keys, copies) = ([], []);
    }

    private static void Grow<T>(ref T[] rented, int used, int least)
    {
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(least, used * 2));
        rented.AsSpan(0, used).CopyTo(larger);
        if (rented.Length > 0)
            ArrayPool<T>.Shared.Return(rented);
        rented = larger;
    }

    private static string Shown(ReadOnlySpan<byte> key)
    {
        var text = Encoding.UTF8.GetString(key);
        if (text.Length <= LongestShown)
            return text;
        // Not between the halves of a character.
        return text[..(char.IsHighSurrogate(text[LongestShown - 1]) ? LongestShown - 1 : LongestShown)] + "…";
    }

    // By hash, which is seeded for each process, so that long common beginnings cost nothing; then by the bytes.
    private int Compare(Key x, Key y) => x.Hash != y.Hash ? x.Hash.CompareTo(y.Hash) : BytesOf(x).SequenceCompareTo(BytesOf(y));

    private Key Copy(ref Utf8JsonReader reader)
    {
        // The text is never longer than its escaped form.
        if (copies.Length - copied < reader.ValueSpan.Length)
            Grow(ref copies, copied, copied + reader.ValueSpan.Length);
        var key = new Key(copied, reader.CopyString(copies.AsSpan(copied)), IsCopy: true, 0);
        copied += key.Length;
        return key;
    }

    private ReadOnlySpan<byte> BytesOf(Key key) => (key.IsCopy ? copies.AsSpan() : json.Span).Slice(key.Start, key.Length);

    /// <summary>Where a key stands, in the text or among the copies, and its hash.</summary>
    private readonly record struct Key(int Start, int Length, bool IsCopy, int Hash);
}
