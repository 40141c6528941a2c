namespace Kist.Core.Storage;

/// <summary>
/// An ordered, transactional key-value store. Values are opaque: the barrier has encrypted them. One conformance suite proves each implementation.
/// Every method throws <see cref="StoreUnavailableException"/> when the store does not answer or refuses (disk full, connection lost).
/// </summary>
public interface IStore : IAsyncDisposable
{
    /// <summary>Reads <paramref name="keys"/> from one snapshot. <see cref="GetResult.Entries"/> has the same order, null for an absent key.</summary>
    ValueTask<GetResult> GetAsync(IReadOnlyList<StoreKey> keys, CancellationToken cancellationToken);

    /// <summary>Reads the keys in [<paramref name="from"/>, <paramref name="to"/>) in byte order from one snapshot.</summary>
    /// <param name="from">First key, inclusive.</param>
    /// <param name="to">Last key, exclusive.</param>
    /// <param name="limit">1 to 10,000 entries.</param>
    /// <param name="keysOnly">Leaves the values empty.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<RangeResult> RangeAsync(StoreKey from, StoreKey to, int limit, bool keysOnly, CancellationToken cancellationToken);

    /// <summary>
    /// Applies all changes, or none when a precondition fails. Durable when it returns <see cref="CommitKind.Committed"/>. Cancelling is only obeyed before
    /// the store has accepted the transaction.
    /// </summary>
    /// <exception cref="ArgumentException">The transaction exceeds <see cref="StoreLimits"/>, or changes a key twice.</exception>
    ValueTask<CommitOutcome> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken);

    /// <summary>The revision of the last commit, linearizable: a commit that was acknowledged before the call is included. 0 when empty.</summary>
    ValueTask<long> HeadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// All commits with a revision greater than <paramref name="after"/>, whole and in order, then as they come. A single <see cref="WatchEvent.Lost"/> ends the
    /// stream when they are no longer known: drop everything cached and begin again at <see cref="HeadAsync"/>.
    /// </summary>
    IAsyncEnumerable<WatchEvent> WatchAsync(long after, CancellationToken cancellationToken);

    /// <summary>All entries as of one revision, in key order.</summary>
    IAsyncEnumerable<StoreEntry> ExportAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Waits until this caller is the only holder of <paramref name="name"/>. The holder adds <see cref="Leadership.Fence"/> to every commit, so that a former
    /// holder that does not know it yet changes nothing.
    /// </summary>
    /// <param name="name">ASCII letters, digits and dashes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<Leadership> CampaignAsync(string name, CancellationToken cancellationToken);
}

/// <summary>Bounds that every store accepts; etcd's defaults.</summary>
public static class StoreLimits
{
    /// <summary>Longest key, in bytes.</summary>
    public const int KeyBytes = 4096;

    /// <summary>Most preconditions of a transaction.</summary>
    public const int Preconditions = 100;

    /// <summary>Most changes of a transaction.</summary>
    public const int Changes = 100;

    /// <summary>Largest transaction: keys and values together, in bytes.</summary>
    public const int TransactionBytes = 1_310_720;

    /// <summary>Most entries of one range read.</summary>
    public const int RangeEntries = 10_000;

    /// <summary>What every store does first with the limit of a range read.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 1 to <see cref="RangeEntries"/>.</exception>
    public static void Check(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, RangeEntries);
    }

    /// <summary>What every store does first with a transaction.</summary>
    /// <exception cref="ArgumentException">It exceeds these limits, changes a key twice or has an empty key.</exception>
    public static void Check(StoreTransaction transaction)
    {
        var (preconditions, changes) = transaction;
        if (preconditions.Count > Preconditions)
            throw new ArgumentException($"a transaction has at most {Preconditions} preconditions, not {preconditions.Count}", nameof(transaction));
        if (changes.Count > Changes)
            throw new ArgumentException($"a transaction has at most {Changes} changes, not {changes.Count}", nameof(transaction));
        if (preconditions.Any(p => p.Key == default) || changes.Any(c => c.Key == default))
            throw new ArgumentException("a key of a transaction is empty", nameof(transaction));
        var bytes = preconditions.Sum(p => p.Key.Span.Length) + changes.Sum(c => c.Key.Span.Length + (long)(c.Value?.Length ?? 0));
        if (bytes > TransactionBytes)
            throw new StoreLimitException($"a transaction has at most {TransactionBytes} bytes of keys and values, not {bytes}");
        for (var i = 1; i < changes.Count; i++)
        {
            if (ChangedBefore(changes, i))
                throw new ArgumentException($"a transaction changes {changes[i].Key} twice", nameof(transaction));
        }
    }

    // A transaction has few changes, so that comparing them costs less than a set would.
    private static bool ChangedBefore(IReadOnlyList<StoreChange> changes, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (changes[i].Key == changes[index].Key)
                return true;
        }
        return false;
    }
}

/// <summary>An entry and the revision of the commit that last wrote it (from 1).</summary>
public sealed record StoreEntry(StoreKey Key, ReadOnlyMemory<byte> Value, long Revision);

/// <summary>Answer to <see cref="IStore.GetAsync"/>.</summary>
/// <param name="Revision">The store revision at which the answer holds.</param>
/// <param name="Entries">In the order of the keys asked for; null where absent.</param>
public readonly record struct GetResult(long Revision, IReadOnlyList<StoreEntry?> Entries);

/// <summary>Answer to <see cref="IStore.RangeAsync"/>.</summary>
/// <param name="Revision">The store revision at which the answer holds.</param>
/// <param name="Entries">In byte order of the keys.</param>
/// <param name="More">True when the limit cut the range short.</param>
public readonly record struct RangeResult(long Revision, IReadOnlyList<StoreEntry> Entries, bool More);

/// <summary>Requires that a key was last written by the commit <paramref name="Revision"/>, or is absent when that is 0.</summary>
public readonly record struct Precondition(StoreKey Key, long Revision);

/// <summary>Writes a value, or deletes the key when <paramref name="Value"/> is null. Deleting an absent key is no error.</summary>
public readonly record struct StoreChange(StoreKey Key, ReadOnlyMemory<byte>? Value);

/// <summary>Preconditions and changes that a store takes whole or not at all.</summary>
public sealed record StoreTransaction(IReadOnlyList<Precondition> Preconditions, IReadOnlyList<StoreChange> Changes);

/// <summary>How a commit ended.</summary>
public enum CommitKind
{
    /// <summary>Applied and durable.</summary>
    Committed,

    /// <summary>A precondition did not hold; nothing was changed.</summary>
    Conflict,

    /// <summary>The answer was lost: it may have happened. A single use then counts as used.</summary>
    Unknown,
}

/// <summary>How a commit ended.</summary>
/// <param name="Kind">The end.</param>
/// <param name="Revision">The commit's revision after <see cref="CommitKind.Committed"/>, else 0. A transaction without changes answers the current revision.</param>
/// <param name="ConflictKey">The first key whose precondition failed after <see cref="CommitKind.Conflict"/>.</param>
public readonly record struct CommitOutcome(CommitKind Kind, long Revision, StoreKey ConflictKey)
{
    /// <summary>True after <see cref="CommitKind.Committed"/>.</summary>
    public bool Succeeded => Kind == CommitKind.Committed;

    /// <summary>Applied as <paramref name="revision"/>.</summary>
    public static CommitOutcome Committed(long revision) => new(CommitKind.Committed, revision, default);

    /// <summary>The precondition on <paramref name="key"/> failed.</summary>
    public static CommitOutcome Conflict(StoreKey key) => new(CommitKind.Conflict, 0, key);

    /// <summary>It may have happened.</summary>
    public static CommitOutcome Unknown { get; } = new(CommitKind.Unknown, 0, default);
}

/// <summary>One commit as seen by a watcher: its revision and the keys it wrote or deleted, or the word that history was lost.</summary>
public sealed record WatchEvent(long Revision, IReadOnlyList<StoreKey> Keys)
{
    /// <summary>History is gone; the stream ends after it.</summary>
    public static WatchEvent Lost { get; } = new(-1, []);
}

/// <summary>A held leadership. Disposing gives it up.</summary>
public abstract class Leadership : IAsyncDisposable
{
    /// <summary>A precondition that holds only while this leadership does.</summary>
    public abstract Precondition Fence { get; }

    /// <summary>Cancelled when the leadership is lost.</summary>
    public abstract CancellationToken Lost { get; }

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>The store does not answer or refuses to work (disk full, read-only file, connection lost). The message names the cause and no value.</summary>
public sealed class StoreUnavailableException : Exception
{
    /// <summary>With the cause.</summary>
    public StoreUnavailableException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
