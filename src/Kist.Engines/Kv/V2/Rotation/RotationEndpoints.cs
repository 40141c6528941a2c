using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Engines.Kv.V2.Rotation.Stored;
using Kist.Wire;

namespace Kist.Engines.Kv.V2.Rotation;

/// <summary><c>rotation/path</c> and <c>rotate/path</c>: rules, their state, and rotation at once.</summary>
internal sealed class RotationEndpoints(Rotator rotator, TimeProvider clock, Racing racing)
{
    private readonly RotationRules rules = new(rotator.Settings);

    public async ValueTask<Outcome<RotationResponse>> WriteAsync(RotationRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KvPath.Check(request.Path) is { } badPath)
            return badPath;
        var read = rules.Read(request);
        if (!read.Succeeded)
            return read.Failure;
        if (await CallerRights.CheckAsync(read.Value, request.Path, context, clock.GetUtcNow(), cancellationToken) is { } refused)
            return refused;
        if (read.Value.Grace > TimeSpan.Zero && read.Value.Target.Type == Targets.TargetType.None)
            context.Warn("without a target nobody keeps the old value: grace only says how long readers may still have it");
        return await racing.CommitAsync(context, request.Path, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<RotationResponse>> ProposeAsync(CancellationToken ct)
        {
            var stored = await RotationStore.ReadAsync(context.Storage, request.Path, ct);
            var was = stored?.Record;
            if (was is { IsUnderWay: true } || was?.ClaimedUntil > clock.GetUtcNow())
                return Unchanged(context, request.Path, stored, UnderWay(was));
            if (was is { Step: RotationStep.Grace } && was.Target != read.Value.Target with { Usernames = was.Target.Usernames })
                return Unchanged(context, request.Path, stored, UnderWay(was));
            var now = clock.GetUtcNow();
            var next = RotationTimes.AtRest(read.Value with
            {
                Step = was?.Step ?? RotationStep.Idle,
                LastRotation = was?.LastRotation,
                NextRotation = RotationTimes.Next(read.Value, now),
                CurrentVersion = was?.CurrentVersion ?? 0,
                PreviousVersion = was?.PreviousVersion ?? 0,
                GraceEnd = was?.GraceEnd,
            });
            return new(RotationStore.Replace(context.Storage.Begin(), context.Storage, request.Path, stored, next), Show(next));
        }
    }

    public static async ValueTask<Outcome<RotationResponse>> ReadAsync(
        SecretRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KvPath.Check(request.Path) is { } badPath)
            return badPath;
        var stored = await RotationStore.ReadAsync(context.Storage, request.Path, cancellationToken);
        return stored is { Record: var rule } ? Show(rule) : Failure.NotFound();
    }

    public async ValueTask<Outcome<Nothing>> DeleteAsync(DeleteRotationRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KvPath.Check(request.Path) is { } badPath)
            return badPath;
        return await racing.CommitAsync(context, request.Path, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            var stored = await RotationStore.ReadAsync(context.Storage, request.Path, ct);
            if (stored is { Record: var rule } && !request.Force && (rule.Step != RotationStep.Idle || rule.ClaimedUntil > clock.GetUtcNow()))
            {
                var change = context.Storage.Begin().Require(context.Storage, RotationStore.RuleKey(request.Path), stored.Value.Revision);
                return new(change, UnderWay(rule));
            }
            return new(RotationStore.Replace(context.Storage.Begin(), context.Storage, request.Path, stored, null), Outcome.Done);
        }
    }

    public async ValueTask<Outcome<RotationResponse>> RotateAsync(SecretRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KvPath.Check(request.Path) is { } badPath)
            return badPath;
        var rotated = await rotator.RotateAsync(context.Storage, request.Path, cancellationToken);
        return rotated.Succeeded ? Show(rotated.Value) : rotated.Failure;
    }

    public static ValueTask<Outcome<ListResponse>> ListAsync(ListRequest request, RequestContext context, CancellationToken cancellationToken) =>
        Listing.ListAsync(RotationStore.Rules, request, context, cancellationToken);

    /// <summary>Tells create from update.</summary>
    public static async ValueTask<bool> ExistsAsync(RequestContext context, CancellationToken cancellationToken)
    {
        var path = context.Parameters["path"];
        return KvPath.Check(path) is null && await RotationStore.ReadAsync(context.Storage, path, cancellationToken) is not null;
    }

    private static Proposal<RotationResponse> Unchanged(RequestContext context, string path, StoredRecord<RotationRecord>? stored, Failure failure) =>
        new(context.Storage.Begin().Require(context.Storage, RotationStore.RuleKey(path), stored?.Revision ?? 0), failure);

    private static Failure UnderWay(RotationRecord rule) => rule.Step == RotationStep.Grace && rule.GraceEnd is { } end
        ? Failure.Conflict(
            "kv.rotation_under_way",
            $"the old value is to be retired at this target after {end.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}: wait, or delete the rule with force")
        : Failure.Conflict(
            "kv.rotation_under_way",
            "a rotation is under way: bring it to its end by rotate/<path>, or delete the rule with force, which loses its value");

    private static RotationResponse Show(RotationRecord rule) => new()
    {
        Period = GoDuration.Format(rule.Period),
        Schedule = rule.Schedule,
        Window = GoDuration.Format(rule.Window),
        Generator = rule.Generator,
        Fields = rule.Fields,
        Grace = GoDuration.Format(rule.Grace),
        Target = new TargetResponse
        {
            Type = rule.Target.Type,
            Url = rule.Target.Url,
            HasToken = rule.Target.Token is not null,
            CaPem = rule.Target.CaPem,
            Program = rule.Target.Program,
            Mount = rule.Target.Mount,
            Connection = rule.Target.Connection,
            Usernames = rule.Target.Usernames,
            UsernameField = rule.Target.UsernameField,
        },
        Phase = rule.LastError is null ? rule.Step : "failed",
        Step = rule.Step,
        Attempts = rule.Attempts,
        LastError = rule.LastError,
        NextAttempt = rule.LastError is null ? null : rule.Due,
        LastRotation = rule.LastRotation,
        NextRotation = rule.NextRotation,
        CurrentVersion = rule.CurrentVersion,
        PreviousVersion = rule.PreviousVersion,
        GraceEnd = rule.GraceEnd,
    };
}
