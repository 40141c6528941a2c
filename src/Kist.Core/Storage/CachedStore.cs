using System.Runtime.CompilerServices;

namespace Kist.Core.Storage;

/// <summary>
/// Keeps the entries of a store that were read last, encrypted as they are, and answers from them while it can prove that they are at most <see cref="Bound"/>
/// old; otherwise it reads through, or fails as the store does. Own commits are visible before their answer; those of other nodes as soon as the watch
/// delivers them. Absence is never cached, nor are ranges. Does not own the store: whoever made that one disposes of it, after this.
/// </summary>
public sealed class CachedStore : IStore
{
    // At least twice a second; oftener, so that one slow answer does no harm.
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    private readonly IStore store;
    private readonly TimeProvider clock;
    private readonly EntryCache cache;
    private readonly Freshness freshness;
    private readonly CancellationTokenSource stop = new();
    private readonly Task work;

    /// <summary>Starts to follow a store.</summary>
    /// <param name="store">Where the entries are.</param>
    /// <param name="maxBytes">Most bytes held in memory.</param>
    /// <param name="clock">Must count suspension, as the default <see cref="BootClock"/> does.</param>
    public CachedStore(IStore store, long maxBytes = 64 << 20, TimeProvider? clock = null)
    {
        this.store = store;
        this.clock = clock ?? BootClock.Instance;
        cache = new(maxBytes);
        freshness = new(this.clock);
        work = Task.WhenAll(Task.Run(() => FollowAsync(stop.Token), CancellationToken.None), Task.Run(() => AskAsync(stop.Token), CancellationToken.None));
    }

    /// <summary>Nothing is answered from the cache when its last proof of freshness is older.</summary>
    public static TimeSpan Bound { get; } = TimeSpan.FromSeconds(2);

    /// <summary>True while the cache may answer. A node that is not fresh for long has lost its store and is not healthy.</summary>
    public bool IsFresh => freshness.IsFresh;

    /// <summary>Finds an entry in the cache without a wait and without allocating; false when it is not there or nothing is fresh: then read.</summary>
    public bool TryGetFresh(StoreKey key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out StoreEntry? entry)
    {
        // In this order: what is found after the proof is at least as new as the proof says.
        entry = freshness.IsFresh ? cache.Find(key) : null;
        return entry is not null;
    }

    /// <summary>Waits until this node's answers include <paramref name="revision"/>; false when they do not after <paramref name="bound"/>.</summary>
    public ValueTask<bool> WaitForAsync(long revision, TimeSpan bound, CancellationToken cancellationToken)
    {
        return freshness.Delivered >= revision ? new(true) : new(WaitAsync());

        async Task<bool> WaitAsync()
        {
            using var timeout = new CancellationTokenSource(bound, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                await freshness.WaitAsync(revision, either.Token);
                return true;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<GetResult> GetAsync(IReadOnlyList<StoreKey> keys, CancellationToken cancellationToken)
    {
        var entries = new StoreEntry?[keys.Count];
        return TryGetFresh(keys, entries, out var revision) ? new(new GetResult(revision, entries)) : ReadAsync(keys, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<RangeResult> RangeAsync(StoreKey from, StoreKey to, int limit, bool keysOnly, CancellationToken cancellationToken) =>
        store.RangeAsync(from, to, limit, keysOnly, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<CommitOutcome> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        var epoch = cache.Epoch;
        var outcome = CommitOutcome.Unknown;
        try
        {
            outcome = await store.CommitAsync(transaction, cancellationToken);
            if (outcome.Succeeded)
                cache.Apply(transaction.Changes, outcome.Revision, epoch);
            return outcome;
        }
        finally
        {
            if (!outcome.Succeeded)
                Forget(transaction);
        }
    }

    /// <inheritdoc/>
    public ValueTask<long> HeadAsync(CancellationToken cancellationToken) => store.HeadAsync(cancellationToken);

    /// <summary>As the store's, and each commit after the cache has seen it: a read that follows it does not find what it changed.</summary>
    public async IAsyncEnumerable<WatchEvent> WatchAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var commit in store.WatchAsync(after, cancellationToken))
        {
            await freshness.WaitAsync(commit.Revision, cancellationToken);
            yield return commit;
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreEntry> ExportAsync(CancellationToken cancellationToken) => store.ExportAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Leadership> CampaignAsync(string name, CancellationToken cancellationToken) => store.CampaignAsync(name, cancellationToken);

    /// <summary>Stops to follow the store. The store stays open.</summary>
    public async ValueTask DisposeAsync()
    {
        if (stop.IsCancellationRequested)
            return;
        await stop.CancelAsync();
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        freshness.Reset();
        cache.Clear();
        stop.Dispose();
    }

    /// <summary>
    /// All keys from the cache, as of one revision: the one that the watch had delivered before. An entry of a later one (an own commit) has company that the
    /// cache may not know yet.
    /// </summary>
    private bool TryGetFresh(IReadOnlyList<StoreKey> keys, StoreEntry?[] entries, out long revision)
    {
        revision = freshness.Delivered;
        if (!freshness.IsFresh)
            return false;
        for (var i = 0; i < entries.Length; i++)
        {
            if (cache.Find(keys[i]) is not { } entry || (entry.Revision > revision && entries.Length > 1))
                return false;
            entries[i] = entry;
            revision = Math.Max(revision, entry.Revision);
        }
        return true;
    }

    private async ValueTask<GetResult> ReadAsync(IReadOnlyList<StoreKey> keys, CancellationToken cancellationToken)
    {
        var epoch = cache.Epoch;
        var result = await store.GetAsync(keys, cancellationToken);
        for (var i = 0; i < keys.Count; i++)
        {
            // Absence is not cached, but neither is an entry kept that the store no longer has: whoever reads again would meet it again.
            if (result.Entries[i] is { } entry)
                cache.Fill(entry, result.Revision, epoch);
            else
                cache.ForgetAsOf(keys[i], result.Revision);
        }
        return result;
    }

    // After a conflict the caller reads again and must not meet what made it lose; after a lost answer nothing is known of what it wrote.
    private void Forget(StoreTransaction transaction)
    {
        foreach (var precondition in transaction.Preconditions)
            cache.Forget(precondition.Key);
        foreach (var change in transaction.Changes)
            cache.Forget(change.Key);
    }

    private async Task AskAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await TryAsync(AskOnceAsync, stopping);
            await Task.Delay(AskEvery, clock, stopping);
        }
    }

    private async Task AskOnceAsync(CancellationToken stopping)
    {
        // An answer that comes later proves nothing of use.
        using var timeout = new CancellationTokenSource(Bound, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        var asked = clock.GetTimestamp();
        freshness.Mark(asked, await store.HeadAsync(either.Token));
    }

    private async Task FollowAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            freshness.Reset();
            cache.Clear();
            if (!await TryAsync(BeginAsync, stopping))
                await Task.Delay(RetryAfter, clock, stopping);
            while (freshness.Delivered >= 0 && !await TryAsync(WatchAsync, stopping))
                await Task.Delay(RetryAfter, clock, stopping);
        }
    }

    private async Task BeginAsync(CancellationToken stopping)
    {
        var head = await store.HeadAsync(stopping);
        cache.Follow();
        freshness.Deliver(head);
    }

    /// <summary>Goes on where the watch ended; returns when history is lost.</summary>
    private async Task WatchAsync(CancellationToken stopping)
    {
        await foreach (var commit in store.WatchAsync(freshness.Delivered, stopping))
        {
            if (ReferenceEquals(commit, WatchEvent.Lost))
                return;
            cache.See(commit);
            freshness.Deliver(commit.Revision);
        }
        throw new StoreUnavailableException("the watch ended");
    }

    /// <summary>Runs a step. A store that does not answer, however it says so, is asked again later: meanwhile freshness runs out by itself.</summary>
    private static async Task<bool> TryAsync(Func<CancellationToken, Task> step, CancellationToken stopping)
    {
        try
        {
            await step(stopping);
            return true;
        }
        catch (Exception) when (!stopping.IsCancellationRequested)
        {
            return false;
        }
    }
}
