using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Storage;
using Kist.Engines.Kv.V2.Rotation.Stored;

namespace Kist.Engines.Kv.V2.Rotation;

/// <summary>
/// One node's work at one rotation, from its claim on: while the claim holds, no other node asks the target. Every commit requires the rule as it
/// was last seen, so a rule that somebody changes meanwhile ends the work.
/// </summary>
internal sealed class RotationWork(StorageView storage, string path, Precondition? fence, TimeProvider clock)
{
    /// <summary>How long a claim holds: longer than all questions of a run, with the time that one which was given up may still be on its
    /// way.</summary>
    public static readonly TimeSpan Claim = TimeSpan.FromMinutes(2);

    // A question that begins later might reach the target when another node is at work.
    private static readonly TimeSpan LastQuestion = TimeSpan.FromSeconds(75);

    private long claimedAt;

    public StorageView Storage => storage;

    public string Path => path;

    /// <summary>The rule as the last commit left it.</summary>
    public StoredRecord<RotationRecord> Rule { get; private set; }

    /// <summary>The values under way.</summary>
    public PendingRecord? Pending { get; private set; }

    /// <summary>True when the target cannot have the new value yet.</summary>
    public bool IsFresh { get; set; }

    /// <summary>True when there is no time left for a question.</summary>
    public bool IsLate => clock.GetElapsedTime(claimedAt) > LastQuestion;

    /// <summary>Claims the rule in the state of <paramref name="next"/>; false when somebody else was faster.</summary>
    public async ValueTask<Outcome<bool>> ClaimAsync(
        StoredRecord<RotationRecord> was, RotationRecord next, PendingRecord? staged, CancellationToken cancellationToken)
    {
        Rule = was;
        claimedAt = clock.GetTimestamp();
        var until = clock.GetUtcNow() + Claim;
        Pending = staged ?? await RotationStore.ReadPendingAsync(storage, path, cancellationToken);
        IsFresh = staged is not null;
        var claimed = next with { ClaimedUntil = until, Due = until };
        var change = Change(claimed);
        if (staged is not null)
            change.Put(storage, RotationStore.PendingKey(path), staged, RotationJson.Default.PendingRecord);
        var outcome = await change.CommitAsync(cancellationToken);
        if (outcome.Kind == CommitKind.Unknown)
            return RotationFailures.UnknownOutcome;
        if (outcome.Succeeded)
            Rule = new StoredRecord<RotationRecord>(claimed, outcome.Revision);
        return outcome.Succeeded;
    }

    /// <summary>Changes the rule without a claim; false when somebody else was faster.</summary>
    public async ValueTask<Outcome<bool>> ReplaceAsync(StoredRecord<RotationRecord> was, RotationRecord next, CancellationToken cancellationToken)
    {
        Rule = was;
        var outcome = await Change(next).CommitAsync(cancellationToken);
        if (outcome.Kind == CommitKind.Unknown)
            return RotationFailures.UnknownOutcome;
        if (outcome.Succeeded)
            Rule = new StoredRecord<RotationRecord>(next, outcome.Revision);
        return outcome.Succeeded;
    }

    /// <summary>A transaction that puts <paramref name="next"/> in the rule's place.</summary>
    public Transaction Change(RotationRecord next) => AddTo(storage.Begin(), next);

    /// <summary>Puts <paramref name="next"/> in the rule's place by a transaction that does more.</summary>
    public Transaction AddTo(Transaction change, RotationRecord next)
    {
        if (fence is { } held)
            change.Require(held);
        return RotationStore.Replace(change, storage, path, Rule, next);
    }

    /// <summary>Commits <paramref name="next"/>, and deletes the values under way when it is idle.</summary>
    public async ValueTask<Outcome<Nothing>> SaveAsync(RotationRecord next, CancellationToken cancellationToken)
    {
        var change = Change(next);
        if (next.Step == RotationStep.Idle)
            change.Delete(storage, RotationStore.PendingKey(path));
        var outcome = await change.CommitAsync(cancellationToken);
        return Saved(next, outcome);
    }

    /// <summary>Notes how a commit of <paramref name="next"/> ended.</summary>
    public Outcome<Nothing> Saved(RotationRecord next, CommitOutcome outcome)
    {
        if (outcome.Kind == CommitKind.Unknown)
            return RotationFailures.UnknownOutcome;
        if (!outcome.Succeeded)
            return RotationFailures.Changed;
        Rule = new StoredRecord<RotationRecord>(next, outcome.Revision);
        return Outcome.Done;
    }
}
