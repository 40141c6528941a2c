using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Engines.Kv.V2.Rotation.Stored;
using Kist.Engines.Kv.V2.Rotation.Targets;
using Kist.Wire;

namespace Kist.Engines.Kv.V2.Rotation;

/// <summary>
/// Rotates secrets so that no crash loses a value: the new value is stored, then the target takes it, then the secret does, then, after a time of
/// grace, the target hears that the old one is retired. What is cut short is taken up where it stood: a target that may have the new value is asked
/// whether it has.
/// </summary>
internal sealed class Rotator(TimeProvider clock, RotationTargets targets)
{
    private readonly Staging staging = new(clock);
    private readonly Promotion promotion = new(clock);

    /// <summary>What the configuration allows.</summary>
    public RotationSettings Settings => targets.Settings;

    /// <summary>Rotates now, or brings to its end what is under way; answers the rule when the secret has the new value.</summary>
    public ValueTask<Outcome<RotationRecord>> RotateAsync(StorageView storage, string path, CancellationToken cancellationToken) =>
        RunAsync(storage, path, null, isForced: true, cancellationToken);

    /// <summary>Does what is due at a path; nothing when nothing is.</summary>
    public ValueTask<Outcome<RotationRecord>> TendAsync(StorageView storage, string path, Precondition fence, CancellationToken cancellationToken) =>
        RunAsync(storage, path, fence, isForced: false, cancellationToken);

    private async ValueTask<Outcome<RotationRecord>> RunAsync(
        StorageView storage, string path, Precondition? fence, bool isForced, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Racing.Attempts; attempt++)
        {
            if (await RotationStore.ReadAsync(storage, path, cancellationToken) is not { } stored)
                return RotationFailures.NoRule;
            var (rule, now) = (stored.Record, clock.GetUtcNow());
            if (rule.ClaimedUntil > now)
                return RotationFailures.Running;
            if (!isForced && !(rule.Due <= now))
                return rule;
            var work = new RotationWork(storage, path, fence, clock);
            var claimed = await BeginAsync(work, stored, isForced, now, cancellationToken);
            if (!claimed.Succeeded)
                return claimed.Failure;
            if (!claimed.Value)
                continue;
            var isOver = work.Rule.Record.Step == RotationStep.Idle;
            var done = isOver ? Outcome.Done : await FinishAsync(work, cancellationToken);
            if (!done.Succeeded)
                return done.Failure;
            // A rotation that was wanted now begins once the one before is retired.
            if (!isForced || rule.Step != RotationStep.Grace)
                return work.Rule.Record;
        }
        return Racing.Contention;
    }

    // False after a lost race.
    private async ValueTask<Outcome<bool>> BeginAsync(
        RotationWork work, StoredRecord<RotationRecord> stored, bool isForced, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rule = stored.Record;
        if (rule.Step != RotationStep.Idle)
            return await work.ClaimAsync(stored, rule, null, cancellationToken);
        if (!isForced && RotationTimes.IsMissed(rule, now))
            return await SkipAsync(work, stored, rule with { NextRotation = RotationTimes.Next(rule, now) }, cancellationToken);
        var staged = await staging.StageAsync(work.Storage, work.Path, rule, cancellationToken);
        if (staged.Succeeded)
        {
            var next = rule with { Step = RotationStep.Staged, Attempts = 0, LastError = null };
            return await work.ClaimAsync(stored, next, staged.Value, cancellationToken);
        }
        var failed = Failed(rule, staged.Failure.Message, now);
        var noted = await SkipAsync(work, stored, failed, cancellationToken);
        return noted is { Succeeded: true, Value: true } ? RotationFailures.Failed(staged.Failure.Message, When(failed, now)) : noted;
    }

    private static async ValueTask<Outcome<bool>> SkipAsync(
        RotationWork work, StoredRecord<RotationRecord> stored, RotationRecord next, CancellationToken cancellationToken)
    {
        next = next.LastError is null ? RotationTimes.AtRest(next) : next;
        return await work.ReplaceAsync(stored, next, cancellationToken);
    }

    private async ValueTask<Outcome<Nothing>> FinishAsync(RotationWork work, CancellationToken cancellationToken)
    {
        while (true)
        {
            var step = work.Rule.Record.Step switch
            {
                RotationStep.Staged => await ApplyAsync(work, cancellationToken),
                RotationStep.Applied => await PromoteAsync(work, cancellationToken),
                RotationStep.Grace => await RetireAsync(work, cancellationToken),
                _ => throw new InvalidDataException("a stored rotation is at a step that this program does not know"),
            };
            if (!step.Succeeded || work.Rule.Record.ClaimedUntil is null)
                return step;
        }
    }

    private async ValueTask<Outcome<Nothing>> ApplyAsync(RotationWork work, CancellationToken cancellationToken)
    {
        await work.Storage.ReachAsync("kv.rotation.staged", cancellationToken);
        var doubt = "";
        if (!work.IsFresh)
        {
            // Who was here before may have come as far as the target.
            var works = await AskAsync(work, TargetAction.VerifyNew, cancellationToken);
            if (works.Reply == Reply.Yes)
                return await AppliedAsync(work, cancellationToken);
            if (works.Reply == Reply.No && (await AskAsync(work, TargetAction.VerifyOld, cancellationToken)).Reply == Reply.No)
                doubt = " (neither the new nor the old value works there)";
        }
        if (work.IsLate)
            return await FailAsync(work, "the target took too long to answer", cancellationToken);
        work.IsFresh = false;
        var answer = await AskAsync(work, TargetAction.Apply, cancellationToken);
        await work.Storage.ReachAsync("kv.rotation.answered", cancellationToken);
        return answer.Reply == Reply.Yes
            ? await AppliedAsync(work, cancellationToken)
            : await FailAsync(work, answer.Reason + doubt, cancellationToken);
    }

    private static async ValueTask<Outcome<Nothing>> AppliedAsync(RotationWork work, CancellationToken cancellationToken)
    {
        var saved = await work.SaveAsync(
            work.Rule.Record with { Step = RotationStep.Applied, Attempts = 0, LastError = null }, cancellationToken);
        if (saved.Succeeded)
            await work.Storage.ReachAsync("kv.rotation.applied", cancellationToken);
        return saved;
    }

    private async ValueTask<Outcome<Nothing>> PromoteAsync(RotationWork work, CancellationToken cancellationToken)
    {
        var promoted = await promotion.PromoteAsync(work, cancellationToken);
        if (promoted is { Succeeded: false, Failure: var failure })
        {
            return failure == RotationFailures.Changed || failure == RotationFailures.UnknownOutcome
                ? failure
                : await FailAsync(work, failure.Message, cancellationToken);
        }
        await work.Storage.ReachAsync("kv.rotation.promoted", cancellationToken);
        return Outcome.Done;
    }

    private async ValueTask<Outcome<Nothing>> RetireAsync(RotationWork work, CancellationToken cancellationToken)
    {
        if (work.Pending is { Old.Count: > 0 })
        {
            if (work.IsLate)
                return await FailAsync(work, "the target took too long to answer", cancellationToken);
            var answer = await AskAsync(work, TargetAction.Retire, cancellationToken);
            await work.Storage.ReachAsync("kv.rotation.retired", cancellationToken);
            if (answer.Reply != Reply.Yes)
                return await FailAsync(work, $"the new value is in force, but the old one is not retired: {answer.Reason}", cancellationToken);
        }
        return await work.SaveAsync(
            RotationTimes.AtRest(work.Rule.Record with { Step = RotationStep.Idle, GraceEnd = null }), cancellationToken);
    }

    private ValueTask<TargetAnswer> AskAsync(RotationWork work, TargetAction action, CancellationToken cancellationToken) =>
        targets.AskAsync(work.Storage, work.Rule.Record, new TargetCall(action, work.Path, work.Pending!), cancellationToken);

    // Notes why, and when it comes again.
    private async ValueTask<Outcome<Nothing>> FailAsync(RotationWork work, string reason, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var failed = Failed(work.Rule.Record, reason, now);
        var saved = await work.SaveAsync(failed, cancellationToken);
        return saved.Succeeded ? RotationFailures.Failed(reason, When(failed, now)) : saved;
    }

    private static RotationRecord Failed(RotationRecord rule, string reason, DateTimeOffset now)
    {
        var attempts = rule.Attempts + 1;
        return rule with { Attempts = attempts, LastError = reason, ClaimedUntil = null, Due = now + RotationTimes.Pause(attempts) };
    }

    private static string When(RotationRecord failed, DateTimeOffset now) => $"in {GoDuration.Format(failed.Due!.Value - now)}";
}
