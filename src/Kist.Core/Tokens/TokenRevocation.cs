using Kist.Core.Barrier;
using Kist.Core.Leases;
using Kist.Core.Storage;

namespace Kist.Core.Tokens;

/// <summary>
/// Revokes tokens. The first commit removes the token itself and leaves a mark; from then on its descendants are invalid too (see
/// <see cref="TokenFinder"/>). The marked work, its leases, its cubbyhole and its children, each with a mark of its own, goes in steps of a bounded size that any
/// node may take and repeat: a crash loses nothing.
/// </summary>
internal sealed class TokenRevocation(TokenSpace space, LeaseTokenEnds leases)
{
    /// <summary>Most tokens removed by one commit, with room for the barrier's own preconditions.</summary>
    public const int TokensPerCommit = 16;

    // Reached or passed by the entries that one commit rewrites: with one more of the largest size it is still a commit that every store takes.
    private const int BytesPerCommit = 128 * 1024;

    private const int EntriesPerCommit = 90;
    private const int MarksPerCommit = 40;
    private const int Attempts = 16;

    // What a request waits for; the leader's loop does the rest of a large tree.
    private const int StepsPerRequest = 64;

    // How long the trace of a token revoked without its children outlives them, so that a node which reads a child from its cache does not miss the
    // parent.
    private static readonly TimeSpan TraceTime = TimeSpan.FromMinutes(1);

    /// <summary>Revokes a token; one that is gone already is no error.</summary>
    /// <param name="token">The token.</param>
    /// <param name="keepChildren">Makes orphans of the children instead of revoking them too.</param>
    /// <param name="cancellationToken">Ends the wait; the first commit and the marks stay.</param>
    /// <returns>Revision of the commit, 0 when it was gone already.</returns>
    public async ValueTask<Outcome<long>> RevokeAsync(StoredToken token, bool keepChildren, CancellationToken cancellationToken)
    {
        if (token.Entry.Type == TokenType.Batch)
            return Failure.Invalid("token.batch_revocation", "batch tokens cannot be revoked");
        var records = space.Of(token.Namespace);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await records.ReadAsync(token.Hash, cancellationToken) is not { Entry.Revoked: false } current)
                return 0;
            var transaction = records.Begin();
            // A wrapping token has no children, and its answer must go with it.
            if (keepChildren && current.Entry.Type != TokenType.Wrapping)
                records.RemoveKeepingChildren(transaction, current);
            else
                records.Remove(transaction, current);
            var outcome = await transaction.CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return TokenFailures.UnknownOutcome;
            if (!outcome.Succeeded)
                continue;
            await FinishAsync(records, [token.Hash], null, StepsPerRequest, cancellationToken);
            return outcome.Revision;
        }
        return TokenFailures.Contention;
    }

    /// <summary>Does all marked work that a crash or a large tree has left. Safe on several nodes at once.</summary>
    /// <param name="fence">The leader's precondition, or null.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    public async Task ResumeAsync(Precondition? fence, CancellationToken cancellationToken)
    {
        foreach (var records in space.All)
        {
            var after = "";
            while (await records.Revoking.ListAsync(after, EntriesPerCommit, cancellationToken) is { Count: > 0 } marks)
            {
                await FinishAsync(records, marks, fence, int.MaxValue, cancellationToken);
                after = marks[^1];
            }
        }
    }

    /// <summary>Takes up to <paramref name="steps"/> steps of the marked work of some tokens and of the children that they lead to.</summary>
    public async Task FinishAsync(
        TokenRecords records, IEnumerable<string> marked, Precondition? fence, int steps, CancellationToken cancellationToken)
    {
        var work = new Stack<string>(marked);
        var done = new List<DoneMark>();
        var lost = 0;
        // Races that are lost again and again (a fence that is gone, a store that is cut off) end it: the marks stay for a later call.
        for (var step = 0; step < steps && lost < Attempts; step++)
        {
            var transaction = records.Begin().RequireFence(fence);
            var (revoked, endsMarks) = await AddStepAsync(records, transaction, work, done, cancellationToken);
            if (transaction.Changes.Count == 0)
                return;
            var committed = (await transaction.CommitAsync(cancellationToken)).Succeeded;
            lost = committed ? 0 : lost + 1;
            // Children that went have marks of their own now; marks that did not go, because another node was faster, are looked at again.
            IEnumerable<string> next = (committed, endsMarks) switch
            {
                (true, false) => revoked,
                (false, true) => done.Select(mark => mark.Hash),
                _ => [],
            };
            foreach (var hash in next)
                work.Push(hash);
            if (endsMarks)
                done.Clear();
        }
    }

    // One step: some children, some secrets, or the marks whose work is done. Answers the children that it revokes, and whether it ends marks.
    private async ValueTask<(IReadOnlyList<string> Revoked, bool EndsMarks)> AddStepAsync(
        TokenRecords records, Transaction transaction, Stack<string> work, List<DoneMark> done, CancellationToken cancellationToken)
    {
        while (done.Count < MarksPerCommit && work.TryPeek(out var hash))
        {
            if (await records.Revoking.ReadRecordAsync(hash, TokenJson.Default.RevocationMark, cancellationToken) is { } mark)
            {
                var keep = mark.Record.KeepsChildren;
                var children = await records.Children(hash).ListAsync("", TokensPerCommit, cancellationToken);
                await RemoveChildrenAsync(records, transaction, hash, children, keep, cancellationToken);
                if (children.Count > 0)
                    return (keep ? [] : children, false);
                if (await leases.AddAsync(transaction, hash, BytesPerCommit, cancellationToken))
                    return ([], false);
                if (await RemoveCubbyholeAsync(records, transaction, hash, cancellationToken))
                    return ([], false);
                done.Add(new DoneMark(hash, mark.Revision, keep));
            }
            _ = work.Pop();
        }
        foreach (var mark in done)
            RemoveMark(records, transaction, mark);
        return ([], true);
    }

    private static async ValueTask RemoveChildrenAsync(
        TokenRecords records, Transaction transaction, string parent, IReadOnlyList<string> children, bool keep, CancellationToken cancellationToken)
    {
        foreach (var hash in children)
        {
            if (transaction.Changes.Sum(change => change.Value?.Length ?? 0) >= BytesPerCommit)
                return;
            var child = await records.ReadAsync(hash, cancellationToken);
            if (child is not { Entry.Revoked: false } token || !string.Equals(token.Entry.ParentHash, parent, StringComparison.Ordinal))
                transaction.Require(records.Ids, hash, child?.Revision ?? 0).Delete(records.Children(parent), hash);
            else if (keep)
                records.MakeOrphan(transaction, token);
            else
                records.Remove(transaction, token);
        }
    }

    private static async ValueTask<bool> RemoveCubbyholeAsync(
        TokenRecords records, Transaction transaction, string hash, CancellationToken cancellationToken)
    {
        var cubbyhole = records.Cubbyhole(hash);
        var paths = await cubbyhole.ScanAsync("", EntriesPerCommit, cancellationToken);
        foreach (var path in paths)
            transaction.Delete(cubbyhole, path);
        return paths.Count > 0;
    }

    private void RemoveMark(TokenRecords records, Transaction transaction, DoneMark mark)
    {
        transaction.Require(records.Revoking, mark.Hash, mark.Revision).Delete(records.Revoking, mark.Hash);
        if (mark.KeptChildren)
            transaction.Put(records.Expiry, TokenRecords.ExpiryKey(space.Clock.GetUtcNow() + TraceTime, mark.Hash), Array.Empty<byte>());
    }

    private readonly record struct DoneMark(string Hash, long Revision, bool KeptChildren);
}

internal static class FenceExtensions
{
    /// <summary>Requires the leader's fence, when there is one.</summary>
    public static Transaction RequireFence(this Transaction transaction, Precondition? fence) =>
        fence is { } held ? transaction.Require(held) : transaction;
}
