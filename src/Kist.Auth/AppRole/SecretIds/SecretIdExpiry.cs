using Kist.Auth.AppRole.Stored;
using Kist.Core.Barrier;
using Kist.Core.Storage;
using Kist.Core.Tokens;

namespace Kist.Auth.AppRole.SecretIds;

/// <summary>
/// Deletes secret ids whose time is over, in order of their time: the work is what is due, not what exists. One that has expired is refused by its own time
/// anyway; this frees its space. Pauses while the wall clock is not to be believed.
/// </summary>
internal sealed class SecretIdExpiry(TimeProvider clock)
{
    private const int Page = 30;

    private readonly ClockGuard guard = new(clock);

    /// <summary>Deletes what is due. What somebody else changes meanwhile is looked at the next time.</summary>
    public async ValueTask ExpireDueAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken)
    {
        if (!guard.IsSteady())
            return;
        var now = clock.GetUtcNow();
        var after = "";
        while (true)
        {
            var page = await storage.Folder(AppRoleStore.Due).ScanAsync(after, Page, cancellationToken);
            var due = page.TakeWhile(path => AppRoleStore.ParseDuePath(path).Due <= now).ToList();
            if (due.Count > 0 && !await TryExpireAsync(storage, due, fence, cancellationToken))
            {
                // One that is used at the same moment must not hold up the others.
                foreach (var path in due)
                    _ = await TryExpireAsync(storage, [path], fence, cancellationToken);
            }
            if (due.Count < Page)
                return;
            after = due[^1];
        }
    }

    private static async ValueTask<bool> TryExpireAsync(
        StorageView storage, IReadOnlyList<string> due, Precondition fence, CancellationToken cancellationToken)
    {
        var change = storage.Begin().Require(fence);
        foreach (var path in due)
        {
            var (_, roleId, hash) = AppRoleStore.ParseDuePath(path);
            var secretId = await AppRoleStore.ReadSecretIdAsync(storage, roleId, hash, cancellationToken);
            if (secretId is { Record.ExpiresAt: { } end } expired && AppRoleStore.DuePath(end, roleId, hash) == path)
                AppRoleStore.Remove(change, storage, roleId, hash, expired);
            else
                change.Require(storage, AppRoleStore.SecretIdsOf(roleId) + hash, secretId?.Revision ?? 0).Delete(storage, AppRoleStore.Due + path);
        }
        return (await change.CommitAsync(cancellationToken)).Succeeded;
    }
}
