using System.Collections.Concurrent;
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

    private static readonly TimeSpan ShortestRest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(5);

    // A lease whose time is just over may be renewed at this moment by a node whose clock is a little behind.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Rest> rests = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> working = new(StringComparer.Ordinal);

    /// <summary>Looks at what is due and begins to revoke it; what has begun goes on behind. Answers whether there is more to do at once.</summary>
    /// <param name="cancellationToken">Ends what has begun, too.</param>
    public async Task<bool> PassAsync(CancellationToken cancellationToken)
    {
        await DropEndedAsync();
        var batches = await ChooseAsync(cancellationToken);
        foreach (var (target, ids) in batches)
            working.Add(target, Task.Run(() => RevokeAsync(target, ids, cancellationToken), CancellationToken.None));
        if (working.Count == 0)
            return false;
        // Not longer than new work may wait.
        _ = await Task.WhenAny([.. working.Values, Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken)]);
        return true;
    }

    /// <summary>Waits for what has begun.</summary>
    public async Task EndAsync()
    {
        await Task.WhenAll(working.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        working.Clear();
    }

    private async Task DropEndedAsync()
    {
        foreach (var (target, task) in working.Where(work => work.Value.IsCompleted).ToList())
        {
            _ = working.Remove(target);
            await task;
        }
    }

    // What is due by target, in order, for targets that nobody works on.
    private async Task<Dictionary<string, List<string>>> ChooseAsync(CancellationToken cancellationToken)
    {
        var batches = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var isSteady = guard.IsSteady();
        var now = time.GetUtcNow();
        var after = "";
        while (await records.Due.ScanAsync(after, PageSize, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var due in page.Select(LeaseDue.Parse))
            {
                if (due.At > now)
                    return batches;
                if (due.IsForced || (isSteady && due.At + ClockSkew <= now))
                    Choose(batches, due);
            }
            after = page[^1];
        }
        return batches;
    }

    private void Choose(Dictionary<string, List<string>> batches, LeaseDue due)
    {
        var rest = rests.GetValueOrDefault(due.Target);
        if (working.ContainsKey(due.Target) || (rest is not null && time.GetElapsedTime(rest.Since) < rest.For))
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

    private async Task RevokeAsync(string target, List<string> batch, CancellationToken cancellationToken)
    {
        using var unanswered = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Parallel.ForEachAsync(
            batch,
            new ParallelOptions { MaxDegreeOfParallelism = PerTarget, CancellationToken = CancellationToken.None },
            async (key, _) =>
            {
                if (unanswered.IsCancellationRequested)
                    return;
                if (await RevokeAsync(key, cancellationToken) is { Kind: FailureKind.Unavailable } failure)
                {
                    RestFor(target, LeaseDue.Parse(key).LeaseId, failure);
                    await unanswered.CancelAsync();
                }
                else
                {
                    rests.TryRemove(target, out Rest? _);
                }
            });
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

    private void RestFor(string target, string leaseId, Failure failure)
    {
        var before = rests.GetValueOrDefault(target);
        // Several that ran at once are one failure.
        if (before is not null && time.GetElapsedTime(before.Since) < before.For)
            return;
        var rest = before is null ? ShortestRest : TimeSpan.FromTicks(Math.Min(before.For.Ticks * 2, LongestRest.Ticks));
        rests[target] = new Rest(time.GetTimestamp(), rest);
        if (before is null)
            problem($"leases wait to be revoked, {leaseId} among them: {failure.Message}");
    }

    private sealed record Rest(long Since, TimeSpan For);
}
