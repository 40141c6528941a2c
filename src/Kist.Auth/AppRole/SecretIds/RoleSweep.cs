using Kist.Auth.AppRole.Stored;
using Kist.Core.Barrier;
using Kist.Core.Storage;

namespace Kist.Auth.AppRole.SecretIds;

/// <summary>Deletes what deleted roles have left, in steps that may end anywhere and begin again.</summary>
internal static class RoleSweep
{
    private const int Page = 30;

    /// <summary>Deletes all secret ids of a role that is gone, then the mark that it has left some.</summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="roleId">The role's random id.</param>
    /// <param name="fence">The leader's precondition; null for a request.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    public static async ValueTask RunAsync(StorageView storage, string roleId, Precondition? fence, CancellationToken cancellationToken)
    {
        while (true)
        {
            var hashes = await storage.Folder(AppRoleStore.SecretIdsOf(roleId)).ListAsync("", Page, cancellationToken);
            var change = storage.Begin();
            if (fence is { } condition)
                change.Require(condition);
            foreach (var hash in hashes)
            {
                if (await AppRoleStore.ReadSecretIdAsync(storage, roleId, hash, cancellationToken) is { } secretId)
                    AppRoleStore.Remove(change, storage, roleId, hash, secretId);
            }
            if (hashes.Count < Page)
                change.Delete(storage, AppRoleStore.Gone + roleId);
            // A conflict means that another node does the same; what is left, it or the leader's next round deletes.
            if (!(await change.CommitAsync(cancellationToken)).Succeeded || hashes.Count < Page)
                return;
        }
    }

    /// <summary>Goes on with what a crash or a conflict has left.</summary>
    public static async ValueTask ResumeAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken)
    {
        foreach (var roleId in await storage.Folder(AppRoleStore.Gone).ListAsync("", 0, cancellationToken))
            await RunAsync(storage, roleId, fence, cancellationToken);
    }
}
