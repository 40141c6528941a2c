using System.Text;

namespace Kist.Core.Storage;

/// <summary>
/// Listings over any store, built on <see cref="IStore.RangeAsync"/>. Keys below the prefix are UTF-8 paths. Each page is one snapshot; a listing of several
/// pages may see a commit that happens between them.
/// </summary>
public static class StoreListing
{
    private const int FirstPage = 256;

    /// <summary>
    /// The direct children of <paramref name="prefix"/> in byte order: entries by name, folders once with a trailing <c>/</c>. A name that is both answers both.
    /// Pages through the keys and skips a folder at the end of a page, so that plain children cost few pages and a large folder is never walked.
    /// </summary>
    /// <param name="store">Where to read.</param>
    /// <param name="prefix">The folder's key, up to and including its last slash.</param>
    /// <param name="after">Answers only names greater than this; empty for all.</param>
    /// <param name="limit">Most names; 0 or less for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async ValueTask<IReadOnlyList<string>> ListAsync(
        this IStore store, StoreKey prefix, string after, int limit, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        var wanted = limit > 0 ? limit : int.MaxValue;
        var end = prefix.PrefixEnd();
        var from = ChildAfter(prefix, after);
        var size = FirstPage;
        ReadOnlyMemory<byte> last = default;
        while (true)
        {
            var page = await store.RangeAsync(from, end, size, keysOnly: true, cancellationToken);
            var before = names.Count;
            foreach (var entry in page.Entries)
            {
                var child = Child(entry.Key.Bytes.AsMemory(prefix.Span.Length));
                if (child.Span.SequenceEqual(last.Span))
                    continue;
                last = child;
                names.Add(Encoding.UTF8.GetString(child.Span));
                if (names.Count == wanted)
                    return names;
            }
            if (!page.More)
                return names;
            from = IsFolder(last.Span) ? Key(prefix, last.Span).PrefixEnd() : page.Entries[^1].Key.Successor();
            size = NextSize(size, names.Count - before);
        }
    }

    /// <summary>All entries below <paramref name="prefix"/> in byte order, by path relative to it.</summary>
    /// <param name="store">Where to read.</param>
    /// <param name="prefix">The folder's key, up to and including its last slash.</param>
    /// <param name="after">Answers only paths greater than this; empty for all.</param>
    /// <param name="limit">Most paths; 0 or less for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async ValueTask<IReadOnlyList<string>> ScanAsync(
        this IStore store, StoreKey prefix, string after, int limit, CancellationToken cancellationToken)
    {
        var paths = new List<string>();
        var wanted = limit > 0 ? limit : int.MaxValue;
        var end = prefix.PrefixEnd();
        var from = Key(prefix, Encoding.UTF8.GetBytes(after)).Successor();
        while (true)
        {
            var size = Math.Min(wanted - paths.Count, StoreLimits.RangeEntries);
            var page = await store.RangeAsync(from, end, size, keysOnly: true, cancellationToken);
            foreach (var entry in page.Entries)
                paths.Add(Encoding.UTF8.GetString(entry.Key.Span[prefix.Span.Length..]));
            if (!page.More || paths.Count == wanted)
                return paths;
            from = page.Entries[^1].Key.Successor();
        }
    }

    /// <summary>The first key whose child name is greater than <paramref name="after"/>.</summary>
    private static StoreKey ChildAfter(StoreKey prefix, string after)
    {
        var child = Child(Encoding.UTF8.GetBytes(after)).Span;
        var key = Key(prefix, child);
        return IsFolder(child) ? key.PrefixEnd() : key.Successor();
    }

    /// <summary>A path up to and including its first slash.</summary>
    private static ReadOnlyMemory<byte> Child(ReadOnlyMemory<byte> path)
    {
        var slash = path.Span.IndexOf((byte)'/');
        return slash < 0 ? path : path[..(slash + 1)];
    }

    private static bool IsFolder(ReadOnlySpan<byte> child) => !child.IsEmpty && child[^1] == '/';

    // Cut where no longer key can be, so that an overlong "after" is a place in the order like any other.
    private static StoreKey Key(StoreKey prefix, ReadOnlySpan<byte> rest) =>
        new([.. prefix.Span, .. rest[..Math.Min(rest.Length, StoreLimits.KeyBytes - prefix.Span.Length)]]);

    // Grow while pages bring mostly new names; fall back to small ones among large folders, whose keys are read in vain.
    private static int NextSize(int size, int found) => found > size / 2 ? Math.Min(size * 4, StoreLimits.RangeEntries) : FirstPage;
}
