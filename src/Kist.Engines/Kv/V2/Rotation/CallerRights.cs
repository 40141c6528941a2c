using Kist.Core;
using Kist.Core.Mounts;
using Kist.Core.Passwords;
using Kist.Core.Pipeline;
using Kist.Core.Policies;
using Kist.Engines.Kv.V2.Rotation.Stored;
using Kist.Engines.Kv.V2.Rotation.Targets;

namespace Kist.Engines.Kv.V2.Rotation;

/// <summary>
/// Whether who writes a rule may do himself what the rule will do: write the secret, read it where its values go to a target, and set the passwords
/// of database users, for which <c>update</c> on <c>DATABASE-MOUNT/rotate-user/CONNECTION/USER</c> is asked, a path that serves policies alone.
/// </summary>
internal static class CallerRights
{
    /// <summary>Why the caller may not write the rule; null when he may.</summary>
    public static async ValueTask<Failure?> CheckAsync(
        RotationRecord rule, string path, RequestContext context, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var data = $"{context.Mount.Path}data/{path}";
        if (!May(context, data, Operation.Update, now))
            return Refused($"writing {data} (update)");
        if (rule.Target.Type is TargetType.Http or TargetType.Exec && !May(context, data, Operation.Read, now))
            return Refused($"reading {data} (read), for the target gets its values");
        if (rule.Generator.Policy is { } policy)
        {
            var found = await PasswordPolicies.Of(context.Storage).GetAsync(context.Storage.Namespace, policy, cancellationToken);
            if (!found.Succeeded)
                return RotationFailures.Invalid($"field \"generator\": there is no password policy \"{policy}\"");
        }
        return rule.Target.Type == TargetType.Database ? await CheckUsersAsync(rule.Target, context, now, cancellationToken) : null;
    }

    private static async ValueTask<Failure?> CheckUsersAsync(
        TargetRecord target, RequestContext context, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var user in target.Usernames!)
        {
            // First, so that nobody learns what there is where he has no right.
            var path = $"{target.Mount}rotate-user/{target.Connection}/{user}";
            if (!May(context, path, Operation.Update, now))
                return Refused($"{path} (update)");
            var found = await OtherMount.FindAsync(context.Storage, target.Mount!, cancellationToken);
            if (!found.Succeeded)
                return found.Failure;
            var (mount, storage) = found.Value;
            var possible = await mount.Type.CheckPasswordUserAsync(storage, target.Connection!, user, cancellationToken);
            if (!possible.Succeeded)
                return possible.Failure;
        }
        return null;
    }

    private static bool May(RequestContext context, string path, Operation operation, DateTimeOffset now) =>
        context.Token is { } token && token.Acl.Check(new AclQuery(path, operation, context.Request.ClientAddress, now, null, default, [])).Allowed;

    private static Failure Refused(string what) =>
        Failure.Denied with { Message = $"permission denied: the rule would do what your policies do not allow you, {what}" };
}
