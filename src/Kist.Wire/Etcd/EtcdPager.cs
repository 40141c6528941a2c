using System.Runtime.CompilerServices;

namespace Kist.Wire.Etcd;

/// <summary>A long read.</summary>
/// <param name="Keys">Which keys.</param>
public sealed record EtcdScan(EtcdKeys Keys)
{
    /// <summary>The state to read; 0 for the latest when the scan begins.</summary>
    public long Revision { get; init; }

    /// <summary>Leaves the values empty.</summary>
    public bool KeysOnly { get; init; }

    /// <summary>About how many bytes a page has.</summary>
    public int PageBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// Most entries of a page. Many cost etcd memory where large values follow small ones, few cost it time: before 3.5 it walks through all keys that
    /// follow for every page.
    /// </summary>
    public int PageEntries { get; init; } = 2000;
}

/// <summary>A part of a long read.</summary>
/// <param name="Revision">The state that all pages show.</param>
/// <param name="Entries">In byte order of the keys, after those of the page before.</param>
/// <param name="Remaining">How many keys follow this page.</param>
public sealed record EtcdPage(long Revision, IReadOnlyList<EtcdKeyValue> Entries, long Remaining);

/// <summary>
/// Reads page by page. etcd bounds pages by entries, not bytes, so that the number of entries follows from the size of the last page's; a page that
/// passes the bound all the same is asked for again with fewer.
/// </summary>
internal static class EtcdPager
{
    private const int FirstEntries = 50;
    private const int Growth = 8;

    public static async IAsyncEnumerable<EtcdPage> ReadAsync(EtcdClient client, EtcdScan scan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var keys = scan.Keys;
        var revision = scan.Revision;
        var limit = Math.Min(FirstEntries, scan.PageEntries);
        while (true)
        {
            var range = new EtcdRange(keys) { Revision = revision, KeysOnly = scan.KeysOnly, Limit = limit };
            if (await TryReadAsync(client, range, cancellationToken) is not { } result)
            {
                limit = Math.Max(1, limit / 4);
                continue;
            }
            revision = revision == 0 ? result.Revision : revision;
            yield return new EtcdPage(revision, result.Entries, result.Count - result.Entries.Count);
            if (!result.More || result.Entries.Count == 0)
                yield break;
            keys = keys.After(result.Entries[^1].Key.Span);
            limit = Next(limit, result.Entries, scan);
        }
    }

    // Null for a page that is larger than what is taken, unless it is a single entry.
    private static async Task<EtcdRangeResult?> TryReadAsync(EtcdClient client, EtcdRange range, CancellationToken cancellationToken)
    {
        try
        {
            return await client.RangeAsync(range, cancellationToken);
        }
        catch (EtcdException e) when (e.Error == EtcdError.ResponseTooLarge && range.Limit > 1)
        {
            return null;
        }
    }

    private static int Next(int limit, IReadOnlyList<EtcdKeyValue> entries, EtcdScan scan)
    {
        var size = entries.Sum(static e => (long)e.Key.Length + e.Value.Length) / entries.Count;
        var fitting = scan.PageBytes / Math.Max(1, size);
        return (int)Math.Clamp(fitting, 1, Math.Min((long)limit * Growth, scan.PageEntries));
    }
}
