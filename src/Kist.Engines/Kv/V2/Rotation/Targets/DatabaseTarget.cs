using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Crypto;
using Kist.Engines.Kv.V2.Rotation.Stored;

namespace Kist.Engines.Kv.V2.Rotation.Targets;

/// <summary>Sets the password of a user through a connection of another mount.</summary>
internal static class DatabaseTarget
{
    public static async ValueTask<TargetAnswer> AskAsync(
        StorageView storage, RotationRecord rule, TargetCall call, CancellationToken cancellationToken)
    {
        var (target, pending) = (rule.Target, call.Pending);
        // A user has one password, so the old one went with the new one.
        if (call.Action == TargetAction.Retire)
            return TargetAnswer.Yes;
        var found = await OtherMount.FindAsync(storage, target.Mount!, cancellationToken);
        if (!found.Succeeded)
            return TargetAnswer.Unknown(found.Failure.Message);
        var (mount, data) = found.Value;
        if (call.Action == TargetAction.Apply)
        {
            var fresh = Password(rule, pending.New)!;
            var set = await mount.Type.ApplyPasswordAsync(data, target.Connection!, pending.Username!, fresh, cancellationToken);
            if (set.Succeeded)
                return TargetAnswer.Yes;
            return set.Failure.Kind == FailureKind.Unavailable ? TargetAnswer.Unknown(set.Failure.Message) : TargetAnswer.No(set.Failure.Message);
        }
        // Of two users who take turns, the secret never had the old password of the one who comes.
        var isOld = call.Action == TargetAction.VerifyOld;
        if (isOld && (target.Usernames!.Count > 1 || Password(rule, pending.Old) is null))
            return TargetAnswer.Unknown("the old password is not known");
        var password = Password(rule, isOld ? pending.Old : pending.New)!;
        var works = await mount.Type.VerifyPasswordAsync(data, target.Connection!, pending.Username!, password, cancellationToken);
        if (!works.Succeeded)
            return TargetAnswer.Unknown(works.Failure.Message);
        return works.Value ? TargetAnswer.Yes : TargetAnswer.No("the user cannot log in with the password");
    }

    // Several fields may get the one value.
    private static SecretText? Password(RotationRecord rule, IReadOnlyDictionary<string, SecretText> values) =>
        rule.Fields.Keys.Select(field => values.GetValueOrDefault(field)).FirstOrDefault(value => value is not null);
}
