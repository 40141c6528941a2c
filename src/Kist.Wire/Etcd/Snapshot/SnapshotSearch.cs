namespace Kist.Wire.Etcd.Snapshot;

/// <summary>Searches a whole file for bytes.</summary>
internal static class SnapshotSearch
{
    private const int WindowBytes = 1024 * 1024;

    public static IEnumerable<EtcdSnapshotMatch> Find(SnapshotFile file, IReadOnlyList<ReadOnlyMemory<byte>> patterns, CancellationToken cancellationToken)
    {
        if (patterns.Any(static p => p.IsEmpty))
            throw new ArgumentException("a pattern is empty", nameof(patterns));
        return Scan(file, patterns, cancellationToken);
    }

    private static IEnumerable<EtcdSnapshotMatch> Scan(SnapshotFile file, IReadOnlyList<ReadOnlyMemory<byte>> patterns, CancellationToken cancellationToken)
    {
        // Windows overlap, so that a match on their border is whole in the second.
        var overlap = patterns.Select(static p => p.Length - 1).DefaultIfEmpty().Max();
        var window = new byte[WindowBytes + overlap];
        for (var start = 0L; start < file.Length && patterns.Count > 0; start += WindowBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(window.Length, file.Length - start);
            file.Read(start, window.AsSpan(0, count));
            foreach (var match in Matches(window.AsSpan(0, count), start, patterns))
                yield return match;
        }
    }

    private static List<EtcdSnapshotMatch> Matches(ReadOnlySpan<byte> window, long start, IReadOnlyList<ReadOnlyMemory<byte>> patterns)
    {
        var matches = new List<EtcdSnapshotMatch>();
        for (var i = 0; i < patterns.Count; i++)
        {
            // What begins in the overlap is found in the next window.
            var pattern = patterns[i].Span;
            for (var at = window.IndexOf(pattern); at >= 0 && at < WindowBytes;)
            {
                matches.Add(new EtcdSnapshotMatch(start + at, i));
                var next = window[(at + 1)..].IndexOf(pattern);
                at = next < 0 ? -1 : at + 1 + next;
            }
        }
        matches.Sort(static (a, b) => (a.Offset, a.Pattern).CompareTo((b.Offset, b.Pattern)));
        return matches;
    }
}
