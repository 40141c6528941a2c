using System.Runtime.CompilerServices;
using Kist.Kubernetes.AtRest;
using Kist.Wire.Etcd;
using Kist.Wire.Etcd.Snapshot;

namespace Kist.Kubernetes.Etcd;

/// <summary>Where a value was found.</summary>
public enum FoundIn
{
    /// <summary>In plaintext in what a key holds now.</summary>
    Current,

    /// <summary>In plaintext in what a key held before; compaction takes it away.</summary>
    OldRevision,

    /// <summary>In plaintext in a page of the database that is no longer in use; defragmentation takes it away.</summary>
    FreePage,

    /// <summary>In what is decrypted, and so where it should be.</summary>
    Encrypted,
}

/// <summary>A place where the value lies.</summary>
/// <param name="Place">What kind of place.</param>
/// <param name="Key">The key that holds or held it; empty for a free page.</param>
/// <param name="Name">What the key names; null when that is not known.</param>
/// <param name="Forms">How it is written there.</param>
/// <param name="Revision">The revision that wrote it; 0 when that is not known.</param>
/// <param name="Offset">Where in the file; null in a live etcd.</param>
public sealed record FoundValue(FoundIn Place, ReadOnlyMemory<byte> Key, StorageKey? Name, ValueForms Forms, long Revision, long? Offset);

/// <summary>Finds out where a known value lies.</summary>
/// <param name="patterns">The value.</param>
/// <param name="selection">Which keys are looked at.</param>
/// <param name="inspector">Decrypts, to look into what is encrypted as well; null to look at what is stored alone.</param>
public sealed class ValueSearch(SearchPatterns patterns, ResourceSelection selection, ObjectInspector? inspector)
{
    /// <summary>The default of <see cref="MostPlaces"/>.</summary>
    public const int DefaultMostPlaces = 100_000;

    /// <summary>So many places of one file are told apart; a search for something so common is ended there.</summary>
    public int MostPlaces { get; init; } = DefaultMostPlaces;

    /// <summary>Looks at every key, and at every record of a file, also at those that were not chosen.</summary>
    public bool LooksEverywhere { get; init; }

    /// <summary>True when the search ended early, at <see cref="MostPlaces"/>.</summary>
    public bool IsCutShort { get; private set; }

    /// <summary>Encrypted values that could not be looked into.</summary>
    public long Unreadable { get; private set; }

    /// <summary>Keys that were looked at.</summary>
    public long Searched { get; private set; }

    /// <summary>The revisions that were read: more than one when etcd was compacted meanwhile.</summary>
    public IReadOnlyList<long> Revisions => revisions;

    private readonly List<long> revisions = [];

    /// <summary>What keys hold now, in a live etcd or a file.</summary>
    /// <param name="source">Where they lie.</param>
    /// <param name="stored">False looks only into what is decrypted: of a file, <see cref="InFile"/> has told the rest.</param>
    /// <param name="progress">Hears of each page.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async IAsyncEnumerable<FoundValue> InKeysAsync(
        IObjectSource source, bool stored, Action<ScanProgress>? progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var prefixes = LooksEverywhere ? [ReadOnlyMemory<byte>.Empty] : selection.Prefixes;
        await foreach (var page in PagesAhead.ReadAsync(source.ReadAsync(prefixes, cancellationToken), cancellationToken))
        {
            if (revisions.Count == 0 || revisions[^1] != page.Revision)
                revisions.Add(page.Revision);
            foreach (var entry in page.Entries)
            {
                Searched++;
                if (stored && IsWanted(entry.Key.Span) && (patterns.In(entry.Value.Span) | patterns.In(entry.Key.Span)) is var forms and not ValueForms.None)
                    yield return new FoundValue(FoundIn.Current, entry.Key, selection.Select(entry.Key.Span)?.Name, forms, entry.ModRevision, null);
                if (await DecryptedAsync(entry, cancellationToken) is { } found)
                    yield return found;
            }
            progress?.Invoke(new ScanProgress(Searched, page.Remaining));
        }
    }

    /// <summary>What lies in a file in plaintext: in what keys hold, in what they held before, and in pages that are no longer used.</summary>
    public IEnumerable<FoundValue> InFile(EtcdSnapshot snapshot, CancellationToken cancellationToken)
    {
        var places = new List<EtcdSnapshotMatch>();
        foreach (var match in snapshot.Find(patterns.All, cancellationToken))
        {
            IsCutShort = places.Count == MostPlaces;
            if (IsCutShort)
                break;
            places.Add(match);
        }
        if (places.Count == 0)
            return [];
        var records = Records(snapshot, places, out var free, cancellationToken);
        return records.Concat(free.Select(m => new FoundValue(FoundIn.FreePage, default, null, patterns.FormOf(m.Pattern), 0, m.Offset)));
    }

    private List<FoundValue> Records(
        EtcdSnapshot snapshot, List<EtcdSnapshotMatch> places, out IEnumerable<EtcdSnapshotMatch> free, CancellationToken cancellationToken)
    {
        var owned = new bool[places.Count];
        var found = new List<FoundValue>();
        var latest = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var record in snapshot.Places(cancellationToken))
        {
            // A later record of the same key: what was found is no longer current.
            var key = KeyText.Of(record.Key);
            if (latest.Remove(key, out var earlier))
                found[earlier] = found[earlier] with { Place = FoundIn.OldRevision };
            var forms = Claim(record, places, owned, out var offset);
            if (forms == ValueForms.None || !IsWanted(record.Key))
                continue;
            if (!record.Deleted)
                latest[key] = found.Count;
            found.Add(new FoundValue(
                record.Deleted ? FoundIn.OldRevision : FoundIn.Current, record.Key, selection.Select(record.Key)?.Name, forms, record.Revision, offset));
        }
        free = places.Where((_, i) => !owned[i]);
        return found;
    }

    private bool IsWanted(ReadOnlySpan<byte> key)
    {
        if (LooksEverywhere)
            return true;
        // A wildcard reads more keys than it is meant for; *.* means all of them.
        if (!selection.Resources.Contains(GroupResource.Everything))
            return selection.Select(key) is not null;
        foreach (var prefix in selection.Prefixes)
        {
            if (key.StartsWith(prefix.Span))
                return true;
        }
        return false;
    }

    private ValueForms Claim(EtcdRecordPlace record, List<EtcdSnapshotMatch> places, bool[] owned, out long offset)
    {
        var forms = ValueForms.None;
        offset = 0;
        for (var i = FirstAtOrAfter(places, record.Offset); i < places.Count && places[i].Offset < record.Offset + record.Length; i++)
        {
            offset = forms == ValueForms.None ? places[i].Offset : offset;
            owned[i] = true;
            forms |= patterns.FormOf(places[i].Pattern);
        }
        return forms;
    }

    private static int FirstAtOrAfter(List<EtcdSnapshotMatch> places, long offset)
    {
        var (low, high) = (0, places.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (places[middle].Offset < offset)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private async ValueTask<FoundValue?> DecryptedAsync(EtcdKeyValue entry, CancellationToken cancellationToken)
    {
        if (inspector is null || selection.Select(entry.Key.Span) is not { } key)
            return null;
        var inspection = await inspector.InspectAsync(key, entry, cancellationToken);
        if (inspection.Label.Kind != ProviderKind.Identity && inspection.Failure is not null)
            Unreadable++;
        if (inspection.Label.Kind == ProviderKind.Identity || patterns.In(inspector.Plaintext) is not (var forms and not ValueForms.None))
            return null;
        return new FoundValue(FoundIn.Encrypted, entry.Key, key.Name, forms, entry.ModRevision, null);
    }
}
