using Kist.Client.Agent;
using Kist.Crypto;

namespace Kist.Hosting.Agent.Local.Cache;

/// <summary>
/// Answers with leases, in memory alone, so that a hundred restarts of a program are one credential. Only those are kept whose token the agent manages: its own,
/// and those that came through it. Of another token nobody would tell it that it was revoked. Bounded; what was used least goes first. Thread-safe.
/// </summary>
internal sealed class LeaseCache(long maxBytes, AgentToken token, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, LinkedListNode<CachedAnswer>> answers = new(StringComparer.Ordinal);
    private readonly LinkedList<CachedAnswer> byUse = new();
    private readonly Dictionary<string, SharedTurn> underWay = new(StringComparer.Ordinal);
    private SecretText? lastToken;
    private long bytes;
    private long drops;

    /// <summary>How many are kept.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return answers.Count;
        }
    }

    /// <summary>Counts what was dropped by request: an answer that was asked for before one of these is not kept, as it may be what was revoked.</summary>
    public long Drops => Interlocked.Read(ref drops);

    /// <summary>All that are kept now.</summary>
    public IReadOnlyList<CachedAnswer> All
    {
        get
        {
            lock (gate)
                return [.. byUse];
        }
    }

    /// <summary>The answer to a request; null when there is none that still lasts.</summary>
    public CachedAnswer? Find(string key)
    {
        lock (gate)
        {
            FollowToken();
            if (!answers.TryGetValue(key, out var node))
                return null;
            if (node.Value.Stale <= Uptime.Of(time))
            {
                DropWhere(a => a.Key == key);
                return null;
            }
            byUse.Remove(node);
            byUse.AddLast(node);
            return node.Value;
        }
    }

    /// <summary>Waits while an equal request is under way, once.</summary>
    /// <param name="key">The request's key.</param>
    /// <param name="cancellation">The caller has gone.</param>
    /// <returns>To be disposed when this one is answered; null when another one was waited for.</returns>
    public async Task<SharedTurn?> EnterAsync(string key, CancellationToken cancellation)
    {
        SharedTurn? other;
        SharedTurn? mine = null;
        lock (gate)
        {
            // One that all have left is being cancelled.
            if (!underWay.TryGetValue(key, out other) || !other.TryJoin())
                mine = underWay[key] = new SharedTurn(ended => Release(key, ended));
        }
        if (mine is not null || other is null)
        {
            mine?.LeaveOn(cancellation);
            return mine;
        }
        try
        {
            await other.Ended.WaitAsync(cancellation);
            return null;
        }
        finally
        {
            other.Leave();
        }
    }

    /// <summary>Keeps an answer if it is one to keep.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="dropsBefore"><see cref="Drops"/> before the request was sent.</param>
    public void Keep(CachedAnswer answer, long dropsBefore)
    {
        lock (gate)
        {
            FollowToken();
            if (drops != dropsBefore || answer.Bytes > maxBytes / 4 || !IsManaged(answer))
                return;
            Remove(answer.Key);
            answers[answer.Key] = byUse.AddLast(answer);
            bytes += answer.Bytes;
            while (bytes > maxBytes && byUse.First is { } least)
                DropWhere(a => a.Key == least.Value.Key);
        }
    }

    /// <summary>Takes a renewed one in place of the old, unless that has gone meanwhile.</summary>
    public void Renewed(CachedAnswer old, CachedAnswer renewed)
    {
        lock (gate)
        {
            if (answers.TryGetValue(old.Key, out var node) && ReferenceEquals(node.Value, old))
                node.Value = renewed;
        }
    }

    /// <summary>Drops answers by request, and all that was asked for with a token among them.</summary>
    public void Drop(Func<CachedAnswer, bool> which)
    {
        lock (gate)
        {
            Interlocked.Increment(ref drops);
            DropWhere(which);
        }
    }

    /// <summary>Drops an answer that has ended, and what was asked for with it, if it is still the one that is kept.</summary>
    public void Forget(CachedAnswer ended)
    {
        lock (gate)
            DropWhere(a => ReferenceEquals(a, ended));
    }

    private void DropWhere(Func<CachedAnswer, bool> which)
    {
        var gone = new Queue<CachedAnswer>(byUse.Where(which).ToList());
        while (gone.TryDequeue(out var answer))
        {
            Remove(answer.Key);
            if (answer.GivenHash.Length == 0)
                continue;
            foreach (var child in byUse.Where(a => a.TokenHash == answer.GivenHash).ToList())
                gone.Enqueue(child);
        }
    }

    private void Remove(string key)
    {
        if (!answers.Remove(key, out var node))
            return;
        byUse.Remove(node);
        bytes -= node.Value.Bytes;
    }

    private bool IsManaged(CachedAnswer answer)
    {
        var agents = CacheKey.Of(token.Current);
        if (answer.GivenHash.Length > 0 && answer.GivenHash == agents)
            return false;
        if (answer.TokenHash.Length == 0)
            return answer.Token is not null;
        return answer.TokenHash == agents
            || byUse.Any(a => a.GivenHash == answer.TokenHash)
            || (answer.Token is not null && LeasedAnswer.IsOrphan(answer));
    }

    // With a new token of the agent, what the old one asked for has ended or will.
    private void FollowToken()
    {
        var current = token.Current;
        if (ReferenceEquals(current, lastToken))
            return;
        if (lastToken is not null)
        {
            var old = CacheKey.Of(lastToken);
            if (old != CacheKey.Of(current))
                DropWhere(a => a.TokenHash == old);
        }
        lastToken = current;
    }

    private void Release(string key, SharedTurn ended)
    {
        lock (gate)
        {
            if (underWay.TryGetValue(key, out var current) && current == ended)
                underWay.Remove(key);
        }
    }
}
