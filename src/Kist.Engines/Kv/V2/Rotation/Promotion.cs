using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Engines.Kv.V2.Rotation.Stored;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2.Rotation;

/// <summary>Writes the new values as a version of the secret, as a client would, in one commit with the state of the rotation.</summary>
internal sealed class Promotion(TimeProvider clock)
{
    /// <summary>
    /// Promotes what is applied. When somebody writes the secret meanwhile it is read again: his fields stay, but for those that rotate, since the
    /// target takes the new values of these.
    /// </summary>
    public async ValueTask<Outcome<Nothing>> PromoteAsync(RotationWork work, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Racing.Attempts; attempt++)
        {
            var (change, next) = await ProposeAsync(work, cancellationToken);
            if (change.Answer.Failure is { } failure)
                return failure;
            var outcome = await change.Change!.CommitAsync(cancellationToken);
            if (outcome.Kind != CommitKind.Conflict)
                return work.Saved(next, outcome);
            // The rule's own revision may be what has failed, and then this node's work is over.
            if (await RotationStore.ReadAsync(work.Storage, work.Path, cancellationToken) is not { } rule || rule.Revision > work.Rule.Revision)
                return RotationFailures.Changed;
        }
        return Racing.Contention;
    }

    private async ValueTask<(Proposal<VersionMetadata> Change, RotationRecord Next)> ProposeAsync(
        RotationWork work, CancellationToken cancellationToken)
    {
        var (storage, path, now) = (work.Storage, work.Path, clock.GetUtcNow());
        var config = await SecretStore.ReadConfigAsync(storage, cancellationToken);
        var head = await SecretStore.ReadHeadAsync(storage, path, cancellationToken);
        var versionKey = SecretStore.VersionKey(path, head.Record.Current);
        var stored = head.Record.Current == 0 ? null : await storage.ReadAsync(versionKey, cancellationToken);
        var data = stored is { } value && VersionEntry.Parse(value.Value) is var entry && !entry.IsGone(now) ? entry.Data : default;
        var proposal = NewVersion.Propose(storage, path, config, head, Staging.Merge(data, work.Pending!), now);
        var next = Promoted(work.Rule.Record, head.Record.Current, now);
        if (proposal.Change is { } change)
        {
            change.Require(storage, versionKey, stored?.Revision ?? 0);
            work.AddTo(change, next);
        }
        return (proposal, next);
    }

    private static RotationRecord Promoted(RotationRecord rule, long replaced, DateTimeOffset now)
    {
        var next = rule with
        {
            Step = RotationStep.Grace,
            Attempts = 0,
            LastError = null,
            LastRotation = now,
            NextRotation = RotationTimes.Next(rule, now),
            CurrentVersion = replaced + 1,
            PreviousVersion = replaced,
            GraceEnd = now + rule.Grace,
        };
        // Without grace the old value is retired by the same claim.
        return rule.Grace > TimeSpan.Zero ? RotationTimes.AtRest(next) : next;
    }
}
