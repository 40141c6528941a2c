using Kist.Auth.AppRole.SecretIds;
using Kist.Auth.AppRole.Stored;
using Kist.Core;
using Kist.Core.Pipeline;

namespace Kist.Auth.AppRole.Roles;

/// <summary>
/// <c>DELETE role/name</c>: the role is gone at once, and with it the use of its secret ids, which go in steps; what a crash leaves of them the leader
/// deletes. Tokens end at their own time, and can be renewed no more.
/// </summary>
internal sealed class DeleteRole(Racing racing)
{
    public async ValueTask<Outcome<Nothing>> HandleAsync(RoleNameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = RoleName.Parse(request.RoleName);
        if (!name.Succeeded)
            return name.Failure;
        var storage = context.Storage;
        var deleted = await racing.CommitAsync(context, name.Value, ProposeAsync, cancellationToken);
        if (!deleted.Succeeded)
            return deleted.Failure;
        if (deleted.Value is { } id)
            await RoleSweep.RunAsync(storage, id, null, cancellationToken);
        return Outcome.Done;

        async ValueTask<Proposal<string?>> ProposeAsync(CancellationToken ct)
        {
            if (await AppRoleStore.ReadRoleAsync(storage, name.Value, ct) is not { } role)
                return new(null, (string?)null);
            var change = AppRoleStore.Confirm(storage, name.Value, role.Revision)
                .Delete(storage, AppRoleStore.RolePath(name.Value))
                .Delete(storage, AppRoleStore.RoleIdPath(storage, role.Record.RoleId))
                .Put(storage, AppRoleStore.Gone + role.Record.Id, ReadOnlyMemory<byte>.Empty);
            return new(change, role.Record.Id);
        }
    }
}
