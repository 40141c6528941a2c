using Kist.Auth.Userpass.Stored;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Logins;
using Kist.Core.Storage;

namespace Kist.Auth.Userpass;

/// <summary>Counts failed logins and locks users out. The counts are in the store, so all nodes count as one.</summary>
internal sealed class Lockouts(TimeProvider clock)
{
    private const int Page = 200;

    /// <summary>Now.</summary>
    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>The count after one more failure. Failures of one who is locked out are counted and do not make it longer.</summary>
    public static FailureRecord Next(FailureRecord failures, UserLockout settings, DateTimeOffset now)
    {
        if (failures.IsLocked(now))
            return failures with { Count = failures.Count < int.MaxValue ? failures.Count + 1 : int.MaxValue, Last = now };
        var isOver = failures.LockedUntil is not null || now - failures.Last >= settings.CounterReset;
        var count = isOver ? 1 : failures.Count + 1;
        return new FailureRecord { Count = count, Last = now, LockedUntil = count >= settings.Threshold ? now + settings.Duration : null };
    }

    /// <summary>The names of those who are locked out, in order.</summary>
    public async ValueTask<IReadOnlyList<string>> LockedAsync(StorageView storage, CancellationToken cancellationToken)
    {
        var locked = new List<string>();
        var after = "";
        while (await storage.Folder(UserStore.Failed).ListAsync(after, Page, cancellationToken) is { Count: > 0 } names)
        {
            foreach (var name in names)
            {
                if ((await UserStore.ReadFailuresAsync(storage, UserStore.FailedPath(name), cancellationToken)).Record.IsLocked(Now))
                    locked.Add(name);
            }
            after = names[^1];
        }
        return locked;
    }

    /// <summary>Forgets a user's failures.</summary>
    public static async ValueTask<Outcome<Nothing>> UnlockAsync(StorageView storage, string user, CancellationToken cancellationToken)
    {
        var name = UserName.Parse(user);
        if (!name.Succeeded)
            return name.Failure;
        var outcome = await storage.Begin().Delete(storage, UserStore.FailedPath(name.Value)).CommitAsync(cancellationToken);
        return outcome.Kind == CommitKind.Committed
            ? Outcome.Done
            : Failure.Unavailable("store.unknown_outcome", "the store did not confirm that the user was unlocked; unlocking again does no harm");
    }
}
