using System.Runtime.CompilerServices;
using Kist.Wire.Etcd;

namespace Kist.Kubernetes.Etcd;

/// <summary>
/// A live etcd, read at the revision at which reading began. The API server has etcd forget old revisions every few minutes; a read that is overtaken
/// goes on behind its last key at the revision of then.
/// </summary>
public sealed class LiveSource : IObjectSource
{
    // Times that a revision may be gone before a single page of it came: beyond, somebody compacts without a pause.
    private const int MostOvertakings = 20;

    private readonly EtcdOptions options;
    private readonly EtcdClient client;
    private readonly int pageBytes;

    /// <summary>Connects with the first read.</summary>
    /// <param name="options">How to reach etcd.</param>
    /// <param name="pageBytes">About how much is asked for at once.</param>
    public LiveSource(EtcdOptions options, int pageBytes = 2 * 1024 * 1024)
    {
        this.options = options;
        this.pageBytes = pageBytes;
        client = new EtcdClient(options);
    }

    /// <inheritdoc/>
    public string Description => $"etcd at {string.Join(", ", options.Endpoints.Select(e => e.GetLeftPart(UriPartial.Path).TrimEnd('/')))}";

    /// <inheritdoc/>
    public async IAsyncEnumerable<SourcePage> ReadAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> prefixes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (revision, counts) = await CountAsync(prefixes, cancellationToken);
        for (var i = 0; i < prefixes.Count; i++)
        {
            var later = counts.Skip(i + 1).Sum();
            await foreach (var page in ReadAsync(prefixes[i], revision, cancellationToken))
            {
                revision = page.Revision;
                yield return page with { Remaining = page.Remaining + later };
            }
        }
    }

    /// <inheritdoc/>
    public async Task<EtcdKeyValue?> FindAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
        (await client.RangeAsync(new EtcdRange(EtcdKeys.One(key)), cancellationToken)).Entries.SingleOrDefault();

    /// <inheritdoc/>
    public async Task<bool> HasKeysAsync(ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken) =>
        (await client.RangeAsync(new EtcdRange(EtcdKeys.Prefix(prefix)) { Limit = 1, KeysOnly = true }, cancellationToken)).Entries.Count > 0;

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    // The counts serve the progress bar alone, and may be of a slightly later state.
    private async Task<(long Revision, IReadOnlyList<long> Counts)> CountAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> prefixes, CancellationToken cancellationToken)
    {
        var counts = new List<long>();
        var revision = 0L;
        foreach (var prefix in prefixes)
        {
            var counted = await client.RangeAsync(new EtcdRange(EtcdKeys.Prefix(prefix)) { CountOnly = true }, cancellationToken);
            revision = revision == 0 ? counted.Revision : revision;
            counts.Add(counted.Count);
        }
        return (revision, counts);
    }

    private async IAsyncEnumerable<SourcePage> ReadAsync(
        ReadOnlyMemory<byte> prefix, long revision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var keys = EtcdKeys.Prefix(prefix);
        var overtaken = 0;
        while (overtaken++ <= MostOvertakings)
        {
            var scan = new EtcdScan(keys) { Revision = revision, PageBytes = pageBytes };
            await using var pages = client.ScanAsync(scan, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(pages) is { } page)
            {
                if (page.Entries.Count > 0)
                    keys = keys.After(page.Entries[^1].Key.Span);
                overtaken = 0;
                yield return new SourcePage(page.Revision, page.Entries, page.Remaining);
                if (page.Remaining <= 0 || page.Entries.Count == 0)
                    yield break;
            }
            // Any key will do; an empty one is none.
            var any = EtcdKeys.One(prefix.IsEmpty ? new byte[1] : prefix);
            revision = (await client.RangeAsync(new EtcdRange(any) { CountOnly = true }, cancellationToken)).Revision;
        }
        throw new EtcdException(EtcdError.Compacted, "etcd is compacted faster than it can be read: every revision was gone before a page of it came");
    }

    // Null when the revision is gone.
    private static async Task<EtcdPage?> NextAsync(IAsyncEnumerator<EtcdPage> pages)
    {
        try
        {
            return await pages.MoveNextAsync() ? pages.Current : null;
        }
        catch (EtcdException e) when (e.Error == EtcdError.Compacted)
        {
            return null;
        }
    }
}
