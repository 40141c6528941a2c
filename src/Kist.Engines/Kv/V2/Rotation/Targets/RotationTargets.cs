using Kist.Core.Barrier;
using Kist.Engines.Kv.V2.Rotation.Stored;

namespace Kist.Engines.Kv.V2.Rotation.Targets;

/// <summary>Asks targets, within a bound of time. What the configuration does not allow any more is not asked.</summary>
internal sealed class RotationTargets(RotationSettings settings)
{
    /// <summary>The longest that a question takes.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What the configuration allows.</summary>
    public RotationSettings Settings => settings;

    /// <summary>Asks the target of a rule.</summary>
    public async ValueTask<TargetAnswer> AskAsync(StorageView storage, RotationRecord rule, TargetCall call, CancellationToken cancellationToken)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(Patience);
        try
        {
            return rule.Target.Type switch
            {
                TargetType.None => TargetAnswer.Yes,
                TargetType.Http => settings.CheckUrl(rule.Target.Url!) is { } fault
                    ? TargetAnswer.Unknown($"the address of the target {fault}")
                    : await HttpTarget.AskAsync(rule.Target, call, timer.Token),
                TargetType.Exec => await ExecTarget.AskAsync(settings.ExecFolder, rule.Target.Program!, call, timer.Token),
                TargetType.Database => await DatabaseTarget.AskAsync(storage, rule, call, timer.Token),
                _ => TargetAnswer.Unknown("this program does not know the type of the target"),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return TargetAnswer.Unknown($"the target did not answer within {Patience.TotalSeconds:0} seconds");
        }
    }
}
