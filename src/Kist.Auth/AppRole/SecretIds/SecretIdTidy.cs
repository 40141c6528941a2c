using Kist.Auth.AppRole.Stored;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;

namespace Kist.Auth.AppRole.SecretIds;

/// <summary>
/// <c>POST tidy/secret-id</c>: looks through all secret ids for what leads nowhere, and mends it. Every change moves all entries of a secret id in one
/// commit, and expiry needs no pass, so this finds nothing unless a store was damaged or restored by hand.
/// </summary>
internal sealed class SecretIdTidy(TimeProvider clock)
{
    private const int Page = 200;

    private int running;

    public async ValueTask<Outcome<Nothing>> HandleAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref running, 1) == 1)
        {
            context.Warn("Tidy operation already in progress.");
            return Outcome.Done;
        }
        try
        {
            var mended = await EachAsync(context.Storage, AppRoleStore.SecretIds, MendSecretIdAsync, cancellationToken)
                + await EachAsync(context.Storage, AppRoleStore.Accessors, DropDanglingAsync, cancellationToken);
            context.Warn($"Tidy operation finished; {mended} entries were mended.");
            return Outcome.Done;
        }
        finally
        {
            Volatile.Write(ref running, 0);
        }
    }

    private static async ValueTask<int> EachAsync(
        StorageView storage,
        string folder,
        Func<StorageView, string, string, CancellationToken, ValueTask<bool>> mend,
        CancellationToken cancellationToken)
    {
        var (mended, after) = (0, "");
        while (await storage.Folder(folder).ScanAsync(after, Page, cancellationToken) is { Count: > 0 } paths)
        {
            foreach (var path in paths)
            {
                var slash = path.IndexOf('/', StringComparison.Ordinal);
                mended += await mend(storage, path[..slash], path[(slash + 1)..], cancellationToken) ? 1 : 0;
            }
            after = paths[^1];
        }
        return mended;
    }

    // One whose role is gone or whose time is over goes; one that its accessor or its time does not lead to gets them back.
    private async ValueTask<bool> MendSecretIdAsync(StorageView storage, string roleId, string hash, CancellationToken cancellationToken)
    {
        if (await AppRoleStore.ReadSecretIdAsync(storage, roleId, hash, cancellationToken) is not { } secretId)
            return false;
        var role = await AppRoleStore.ReadRoleAsync(storage, secretId.Record.Role, cancellationToken);
        var change = AppRoleStore.Confirm(storage, secretId.Record.Role, role?.Revision ?? 0);
        if (role?.Record.Id != roleId || !secretId.Record.IsAlive(clock.GetUtcNow()))
            return (await AppRoleStore.Remove(change, storage, roleId, hash, secretId).CommitAsync(cancellationToken)).Succeeded;
        var due = secretId.Record.ExpiresAt is { } end ? AppRoleStore.Due + AppRoleStore.DuePath(end, roleId, hash) : null;
        var lacksDue = due is not null && await storage.ReadAsync(due, cancellationToken) is null;
        var lacksAccessor = await AppRoleStore.ReadAccessorAsync(storage, roleId, secretId.Record.Accessor, cancellationToken) != hash;
        if (!lacksDue && !lacksAccessor)
            return false;
        change.Require(storage, AppRoleStore.SecretIdsOf(roleId) + hash, secretId.Revision);
        if (lacksDue)
            change.Put(storage, due!, ReadOnlyMemory<byte>.Empty);
        if (lacksAccessor)
            AppRoleStore.AddAccessor(change, storage, roleId, hash, secretId.Record);
        return (await change.CommitAsync(cancellationToken)).Succeeded;
    }

    private static async ValueTask<bool> DropDanglingAsync(StorageView storage, string roleId, string accessor, CancellationToken cancellationToken)
    {
        var hash = await AppRoleStore.ReadAccessorAsync(storage, roleId, accessor, cancellationToken);
        if (hash is not null
            && await AppRoleStore.ReadSecretIdAsync(storage, roleId, hash, cancellationToken) is { Record: var found }
            && found.Accessor == accessor)
            return false;
        var change = storage.Begin().Delete(storage, AppRoleStore.AccessorsOf(roleId) + accessor);
        if (hash is not null)
            change.Require(storage, AppRoleStore.SecretIdsOf(roleId) + hash, 0);
        return (await change.CommitAsync(cancellationToken)).Succeeded;
    }
}
