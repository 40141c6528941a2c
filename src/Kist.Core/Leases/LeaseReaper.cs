using System.Collections.Concurrent;
using Kist.Core.Barrier;
using Kist.Core.Storage;
using Kist.Core.Tokens;

namespace Kist.Core.Leases;

/// <summary>
/// Revokes the leases whose time has come, in order of their time: the work is what is due, not what exists. Each target (what the secrets live in) is worked on
/// by itself, a few revocations at once; one that does not answer rests, for longer each time, and keeps no other waiting.
/// </summary>
internal sealed class LeaseReaper(LeaseRecords records, LeaseRevoker revoker, ClockGuard guard, TimeProvider time, Action<string> problem)
{
    /// <summary>Revocations that run at once in one target.</summary>
    public const int PerTarget = 4;

    private const int PageSize = 1_000;
    private const int BatchSize = 200;
    private const int MostTargets = 16;

    // As many keys are looked through in one pass; what is behind them comes next.
    private const int PagesPerPass = 50;

    private static readonly TimeSpan ShortestRest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(5);

    // A lease whose time is just over may be renewed at this moment by a node whose clock is a little behind, and this node's view of it be a little old.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);

    // What cannot be read is not looked at each second.
    private static readonly TimeSpan UnreadableFor = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, Rest> rests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> unreadable = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> working = new(StringComparer.Ordinal);
    private string cursor = "";

    /// <summary>Looks at what is due and begins to revoke it; what has begun goes on behind. Answers whether there is more to do soon.</summary>
    /// <param name="cancellationToken">Ends what has begun, too.</param>
    public async Task<bool> PassAsync(CancellationToken cancellationToken)
    {
        foreach (var target in working.Where(work => work.Value.IsCompleted).Select(work => work.Key).ToList())
            _ = working.Remove(target);
        foreach (var (target, ids) in await ChooseAsync(cancellationToken))
            working.Add(target, Task.Run(() => TryWorkAsync(target, ids, cancellationToken), CancellationToken.None));
        return working.Count > 0 || cursor.Length > 0;
    }

    /// <summary>Waits for what has begun.</summary>
    public async Task EndAsync()
    {
        await Task.WhenAll(working.Values);
        working.Clear();
        cursor = "";
    }

    // What is due by target, in order, for targets that nobody works on.
    private async Task<IEnumerable<KeyValuePair<string, List<string>>>> ChooseAsync(CancellationToken cancellationToken)
    {
        var batches = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var isSteady = guard.IsSteady();
        var now = time.GetUtcNow();
        for (var pages = 0; pages < PagesPerPass; pages++)
        {
            var page = await records.Due.ScanAsync(cursor, PageSize, cancellationToken);
            foreach (var due in page.Select(LeaseDue.Parse).TakeWhile(due => due.At <= now))
            {
                if (due.IsForced || (isSteady && due.At + ClockSkew <= now))
                    Choose(batches, due);
            }
            cursor = page.Count == PageSize && LeaseDue.Parse(page[^1]).At <= now ? page[^1] : "";
            if (cursor.Length == 0)
                break;
        }
        return batches;
    }

    private void Choose(Dictionary<string, List<string>> batches, LeaseDue due)
    {
        var rest = rests.GetValueOrDefault(due.Target);
        if (working.ContainsKey(due.Target) || rest?.IsOver(time) == false || IsUnreadable(due.Key))
            return;
        if (!batches.TryGetValue(due.Target, out var batch))
        {
            if (working.Count + batches.Count >= MostTargets)
                return;
            batches.Add(due.Target, batch = []);
        }
        // After a rest one is tried first.
        if (batch.Count < (rest is null ? BatchSize : 1))
            batch.Add(due.Key);
    }

    private bool IsUnreadable(string key)
    {
        if (!unreadable.TryGetValue(key, out var since))
            return false;
        if (time.GetElapsedTime(since) < UnreadableFor)
            return true;
        return !unreadable.TryRemove(key, out long _);
    }

    private async Task TryWorkAsync(string target, List<string> batch, CancellationToken cancellationToken)
    {
        try
        {
            await WorkAsync(target, batch, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or BarrierSealedException or StoreUnavailableException)
        {
            // The next pass, or the next leader, finds them due.
        }
    }

    private async Task WorkAsync(string target, List<string> batch, CancellationToken cancellationToken)
    {
        Failure? unanswered = null;
        await Parallel.ForEachAsync(
            batch,
            new ParallelOptions { MaxDegreeOfParallelism = PerTarget, CancellationToken = cancellationToken },
            async (key, ct) =>
            {
                if (Volatile.Read(ref unanswered) is null && await TryRevokeAsync(key, ct) is { Kind: FailureKind.Unavailable } failure)
                    Volatile.Write(ref unanswered, failure);
            });
        if (unanswered is not null)
            RestFor(target, LeaseDue.Parse(batch[0]).LeaseId, unanswered);
        else if (rests.TryRemove(target, out Rest? _))
            problem($"leases are being revoked again, {LeaseDue.Parse(batch[0]).LeaseId} was the first");
    }

    private async Task<Failure?> TryRevokeAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return await RevokeAsync(key, cancellationToken);
        }
        catch (Exception e) when (e is not (OperationCanceledException or BarrierSealedException or StoreUnavailableException))
        {
            unreadable[key] = time.GetTimestamp();
            problem($"lease {LeaseDue.Parse(key).LeaseId} cannot be worked on: {e.Message}");
            return null;
        }
    }

    private async Task<Failure?> RevokeAsync(string key, CancellationToken cancellationToken)
    {
        var id = LeaseDue.Parse(key).LeaseId;
        var found = await records.ReadAsync(id, cancellationToken);
        if (found is { Entry.Irrevocable: false } lease && LeaseDue.Of(id, lease.Entry).Key == key)
        {
            var revoked = await revoker.RevokeAsync(lease, cancellationToken);
            if (await records.ReadAsync(id, cancellationToken) is { Entry.Irrevocable: true })
                problem($"lease {id} cannot be revoked and is not tried again by itself: {revoked.Failure?.Message}");
            return revoked.Failure;
        }
        // Moved or removed since the index was read, or a leftover, which the same commit proves.
        _ = await records.Begin().Require(records.Ids, id, found?.Revision ?? 0).Delete(records.Due, key).CommitAsync(cancellationToken);
        return null;
    }

    // Told when it begins, and then each time that it has rested longest.
    private void RestFor(string target, string leaseId, Failure failure)
    {
        var before = rests.GetValueOrDefault(target);
        var isNew = before is null || time.GetElapsedTime(before.Since) > LongestRest * 2;
        var rest = isNew ? ShortestRest : TimeSpan.FromTicks(Math.Min(before!.For.Ticks * 2, LongestRest.Ticks));
        rests[target] = new Rest(time.GetTimestamp(), rest);
        if (isNew || rest == LongestRest)
            problem($"leases wait to be revoked, {leaseId} among them: {failure.Message}");
    }

    private sealed record Rest(long Since, TimeSpan For)
    {
        public bool IsOver(TimeProvider time) => time.GetElapsedTime(Since) >= For;
    }
}
