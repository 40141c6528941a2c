using System.Runtime.CompilerServices;
using Kist.Kubernetes.AtRest;
using Kist.Wire.Etcd;

namespace Kist.Kubernetes.Etcd;

/// <summary>How far a scan has come.</summary>
/// <param name="Done">Keys that were read.</param>
/// <param name="Remaining">Keys that follow.</param>
public readonly record struct ScanProgress(long Done, long Remaining);

/// <summary>An object, and what can be said of it.</summary>
/// <param name="Key">What its key names.</param>
/// <param name="Entry">As it is stored.</param>
/// <param name="Inspection">What it is.</param>
public sealed record ScannedObject(SelectedKey Key, EtcdKeyValue Entry, Inspection Inspection);

/// <summary>Reads chosen objects one after the other; while a page is looked at, the next one is on its way.</summary>
/// <param name="source">Where they lie.</param>
/// <param name="selection">Which ones.</param>
/// <param name="inspector">Looks at them.</param>
public sealed class ObjectScan(IObjectSource source, ResourceSelection selection, ObjectInspector inspector)
{
    /// <summary>The revisions that were read: more than one when etcd was compacted meanwhile.</summary>
    public IReadOnlyList<long> Revisions => revisions;

    private readonly List<long> revisions = [];

    /// <summary>Of which resources there were objects.</summary>
    public SeenResources Seen { get; } = new(selection);

    /// <summary>Reads them.</summary>
    /// <param name="progress">Hears of each page; null for nobody.</param>
    /// <param name="cancellationToken">Ends the scan.</param>
    public async IAsyncEnumerable<ScannedObject> ReadAsync(Action<ScanProgress>? progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var done = 0L;
        await foreach (var page in PagesAhead.ReadAsync(source.ReadAsync(selection.Prefixes, cancellationToken), cancellationToken))
        {
            if (revisions.Count == 0 || revisions[^1] != page.Revision)
                revisions.Add(page.Revision);
            foreach (var entry in page.Entries)
            {
                if (selection.Select(entry.Key.Span) is not { } key)
                    continue;
                Seen.Add(key);
                yield return new ScannedObject(key, entry, await inspector.InspectAsync(key, entry, cancellationToken));
            }
            done += page.Entries.Count;
            progress?.Invoke(new ScanProgress(done, page.Remaining));
        }
    }
}

/// <summary>Asks for the next page before the one at hand is done with.</summary>
internal static class PagesAhead
{
    public static async IAsyncEnumerable<SourcePage> ReadAsync(
        IAsyncEnumerable<SourcePage> pages, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var reading = pages.GetAsyncEnumerator(cancellationToken);
        var next = NextAsync();
        try
        {
            while (await next)
            {
                var page = reading.Current;
                next = NextAsync();
                yield return page;
            }
        }
        finally
        {
            // An enumerator is not to be disposed of while it moves.
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Task<bool> NextAsync() => Task.Run(async () => await reading.MoveNextAsync(), cancellationToken);
    }
}
