using System.Collections.Immutable;

namespace Kist.Core.Storage;

/// <summary>
/// A store in memory, for development and tests: nothing outlives the process. Several cores may share one, each with a <see cref="CachedStore"/> of its own.
/// Readers take the current snapshot and never wait; writers replace it one after the other.
/// </summary>
public sealed class MemoryStore : IStore
{
    private readonly Lock writing = new();
    private readonly CommitHistory history;
    private readonly LocalElections elections;
    private volatile Snapshot current = new(0, ImmutableSortedSet.Create<StoreEntry>(new ByKey()));
    private volatile bool closed;

    /// <summary>An empty store.</summary>
    /// <param name="historyCommits">How many commits a watcher may fall behind before it is told that history is lost.</param>
    public MemoryStore(int historyCommits = 16_384)
    {
        history = new(0, historyCommits);
        elections = new(this);
    }

    /// <inheritdoc/>
    public ValueTask<GetResult> GetAsync(IReadOnlyList<StoreKey> keys, CancellationToken cancellationToken)
    {
        var snapshot = Read(cancellationToken);
        var entries = new StoreEntry?[keys.Count];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = snapshot.Find(keys[i]);
        return new(new GetResult(snapshot.Revision, entries));
    }

    /// <inheritdoc/>
    public ValueTask<RangeResult> RangeAsync(StoreKey from, StoreKey to, int limit, bool keysOnly, CancellationToken cancellationToken)
    {
        StoreLimits.Check(limit);
        var snapshot = Read(cancellationToken);
        var first = snapshot.IndexOf(from);
        var end = Math.Max(first, snapshot.IndexOf(to));
        var entries = new StoreEntry[Math.Min(limit, end - first)];
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = snapshot.Entries[first + i];
            entries[i] = keysOnly ? entry with { Value = default } : entry;
        }
        return new(new RangeResult(snapshot.Revision, entries, end - first > limit));
    }

    /// <inheritdoc/>
    public ValueTask<CommitOutcome> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        StoreLimits.Check(transaction);
        _ = Read(cancellationToken);
        lock (writing)
            return new(Commit(transaction));
    }

    /// <inheritdoc/>
    public ValueTask<long> HeadAsync(CancellationToken cancellationToken) => new(Read(cancellationToken).Revision);

    /// <inheritdoc/>
    public IAsyncEnumerable<WatchEvent> WatchAsync(long after, CancellationToken cancellationToken) => history.WatchAsync(after, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreEntry> ExportAsync(CancellationToken cancellationToken) => Read(cancellationToken).Entries.ToAsyncEnumerable();

    /// <inheritdoc/>
    public ValueTask<Leadership> CampaignAsync(string name, CancellationToken cancellationToken) => elections.CampaignAsync(name, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        closed = true;
        history.Close();
        elections.Dispose();
        return default;
    }

    private Snapshot Read(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return closed ? throw new StoreUnavailableException("the store is closed") : current;
    }

    private CommitOutcome Commit(StoreTransaction transaction)
    {
        var snapshot = current;
        foreach (var (key, revision) in transaction.Preconditions)
        {
            if ((snapshot.Find(key)?.Revision ?? 0) != revision)
                return CommitOutcome.Conflict(key);
        }
        if (transaction.Changes.Count == 0)
            return CommitOutcome.Committed(snapshot.Revision);
        current = snapshot.Apply(transaction.Changes);
        history.Append(snapshot.Revision + 1, transaction.Changes);
        history.Wake();
        return CommitOutcome.Committed(snapshot.Revision + 1);
    }

    private sealed record Snapshot(long Revision, ImmutableSortedSet<StoreEntry> Entries)
    {
        public StoreEntry? Find(StoreKey key) => Entries.TryGetValue(Probe(key), out var entry) && entry.Revision > 0 ? entry : null;

        /// <summary>The index of the first entry that is not before <paramref name="key"/>.</summary>
        public int IndexOf(StoreKey key)
        {
            var index = Entries.IndexOf(Probe(key));
            return index < 0 ? ~index : index;
        }

        public Snapshot Apply(IReadOnlyList<StoreChange> changes)
        {
            var entries = Entries.ToBuilder();
            foreach (var (key, value) in changes)
            {
                _ = entries.Remove(Probe(key));
                if (value is { } bytes)
                    _ = entries.Add(new StoreEntry(key, bytes.ToArray(), Revision + 1));
            }
            return new Snapshot(Revision + 1, entries.ToImmutable());
        }

        // The set answers its argument where it holds no equal entry; a revision of 0 tells that one.
        private static StoreEntry Probe(StoreKey key) => new(key, default, 0);
    }

    private sealed class ByKey : IComparer<StoreEntry>
    {
        public int Compare(StoreEntry? x, StoreEntry? y) => x!.Key.CompareTo(y!.Key);
    }
}
