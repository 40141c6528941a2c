using System.Globalization;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;
using Kist.Kubernetes;
using Kist.Kubernetes.Etcd;

namespace Kist.Commands.Etcd;

/// <summary><c>etcd search</c>: where a known value lies in plaintext.</summary>
internal static class SearchCommand
{
    private static readonly RowColumn[] Columns =
    [
        new("Key in etcd", "key"), new("Resource", "resource"), new("Namespace", "namespace"), new("Name", "name"), new("Place", "place"),
        new("Form", "forms"), new("Revision", "revision", IsNumber: true), new("Offset", "offset", IsNumber: true),
    ];

    private static readonly int[] TableOrder = [4, 5, 6, 7, 0];

    private static readonly (FoundIn Place, string Name, string Total)[] Places =
    [
        (FoundIn.Current, "current", "current"), (FoundIn.OldRevision, "old-revision", "oldRevision"), (FoundIn.FreePage, "free-page", "freePage"),
        (FoundIn.Encrypted, "encrypted", "encrypted"),
    ];

    /// <summary>Searches.</summary>
    public static Task<int> RunAsync(EtcdSession session, CancellationToken cancellation) => RunAsync(session, ValueSearch.DefaultMostPlaces, cancellation);

    /// <summary>Searches, up to a number of places in one file.</summary>
    public static async Task<int> RunAsync(EtcdSession session, int mostPlaces, CancellationToken cancellation)
    {
        using var patterns = await SearchValue.ReadAsync(session.Call, cancellation);
        using var inspector = session.Configuration is null ? null : session.Inspector(InspectionDepth.Everything);
        var selection = session.Named ?? ResourceSelection.Everything(session.Prefix);
        var search = new ValueSearch(patterns, selection, inspector) { LooksEverywhere = session.Named is null, MostPlaces = mostPlaces };
        using var rows = new RowSpool(Columns.Length);
        var counts = new long[Places.Length];
        await foreach (var found in FindAsync(session, search, cancellation))
        {
            counts[(int)found.Place]++;
            Add(rows, found);
        }
        if (rows.Count == 0)
            await RequireSearchedAsync(session, cancellation);
        var inPlaintext = counts.Sum() - counts[(int)FoundIn.Encrypted];
        using (var output = new RowOutput(session.Call.Host))
            Write(output, session, rows, counts, inPlaintext);
        TellNotes(session, search);
        if (inPlaintext > 0)
            return ExitCode.Findings;
        // What lies behind the end of the search nobody has seen.
        return search.IsCutShort ? ExitCode.Failed : ExitCode.Done;
    }

    private static async IAsyncEnumerable<FoundValue> FindAsync(
        EtcdSession session, ValueSearch search, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var file = session.Source as SnapshotSource;
        foreach (var found in file is null ? [] : search.InFile(file.Snapshot, cancellation))
            yield return found;
        if (file is not null && session.Configuration is null)
            yield break;
        using var bar = new ProgressBar(session.Call.Host);
        await foreach (var found in search.InKeysAsync(session.Source, stored: file is null, bar.Report, cancellation))
            yield return found;
    }

    // That nothing was found says little where nothing was.
    private static async Task RequireSearchedAsync(EtcdSession session, CancellationToken cancellation)
    {
        await session.RequireKeysAsync(cancellation);
        var absent = new List<GroupResource>();
        foreach (var resource in session.Named?.Resources ?? [])
        {
            if (!await HasKeysAsync(session, resource, cancellation))
                absent.Add(resource);
        }
        await session.TellAbsentAsync(absent, tellAll: false, cancellation);
    }

    private static async Task<bool> HasKeysAsync(EtcdSession session, GroupResource resource, CancellationToken cancellation)
    {
        foreach (var prefix in session.Named!.PrefixesOf(resource))
        {
            if (await session.Source.HasKeysAsync(prefix, cancellation))
                return true;
        }
        return false;
    }

    private static void Add(RowSpool rows, FoundValue found) => rows.Add(
        KeyText.Of(found.Key.Span),
        found.Name?.Resource.ToString() ?? "",
        found.Name?.Namespace ?? "",
        found.Name?.Name ?? "",
        Places[(int)found.Place].Name,
        found.Forms.ToString().ToLowerInvariant(),
        found.Revision > 0 ? Number(found.Revision) : null,
        found.Offset is { } offset ? Number(offset) : null);

    private static void Write(RowOutput output, EtcdSession session, RowSpool rows, long[] counts, long inPlaintext)
    {
        if (EtcdFlags.WantsJson(session.Call))
        {
            output.Json([.. Places.Select(p => (p.Total, counts[(int)p.Place]))], "places", rows, Columns);
            return;
        }
        var where = inPlaintext switch
        {
            0 => "nowhere in plaintext",
            1 => "in plaintext in 1 place",
            _ => $"in plaintext in {inPlaintext} places",
        };
        output.Write(Printable.Cell($"{session.Source.Description}: the value lies {where}") + "\n");
        if (rows.Count == 0)
            return;
        output.Write("\n");
        output.Table(rows, Columns, TableOrder);
    }

    private static void TellNotes(EtcdSession session, ValueSearch search)
    {
        var host = session.Call.Host;
        session.TellRevisions(search.Revisions);
        if (search.IsCutShort)
            host.Tell($"Warning: the search of the file ended after {search.MostPlaces} places; there are more.");
        if (search.Unreadable > 0)
            host.Tell($"Warning: {search.Unreadable} encrypted values could not be looked into; etcd verify says why.");
        if (session.Source is not SnapshotSource)
            host.Tell("Note: what keys held before, and pages that are no longer in use, only a snapshot shows: search one with -snapshot.");
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
