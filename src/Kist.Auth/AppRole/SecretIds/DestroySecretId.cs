using Kist.Auth.AppRole.Stored;
using Kist.Core;
using Kist.Core.Pipeline;

namespace Kist.Auth.AppRole.SecretIds;

/// <summary><c>secret-id/destroy</c> and <c>secret-id-accessor/destroy</c>. Tokens that it got end at their own time.</summary>
internal sealed class DestroySecretId(Racing racing)
{
    public async ValueTask<Outcome<Nothing>> BySecretIdAsync(SecretIdRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.SecretId is not { Utf8.IsEmpty: false } secretId)
            return AppRoleFailures.Missing("secret_id");
        // One that is gone is no error, so that a retry after a lost answer succeeds.
        return await DestroyAsync(
            request.RoleName, context, (role, _) => new(AppRoleStore.HashSecretId(context.Storage, role, secretId.Utf8)), Outcome.Done, cancellationToken);
    }

    public async ValueTask<Outcome<Nothing>> ByAccessorAsync(SecretIdAccessorRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.SecretIdAccessor is not { Length: > 0 } accessor)
            return AppRoleFailures.Missing("secret_id_accessor");
        return await DestroyAsync(
            request.RoleName,
            context,
            (role, ct) => AppRoleStore.ReadAccessorAsync(context.Storage, role.Id, accessor, ct),
            Failure.NotFound("approle.no_accessor", "the accessor leads to no secret id of the role"),
            cancellationToken);
    }

    private async ValueTask<Outcome<Nothing>> DestroyAsync(
        string roleName,
        RequestContext context,
        Func<RoleRecord, CancellationToken, ValueTask<string?>> findHash,
        Outcome<Nothing> absent,
        CancellationToken cancellationToken)
    {
        var name = RoleName.Parse(roleName);
        if (!name.Succeeded)
            return name.Failure;
        return await racing.CommitAsync<Nothing>(context, name.Value, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            var storage = context.Storage;
            if (await AppRoleStore.ReadRoleAsync(storage, name.Value, ct) is not { Record: var role, Revision: var revision })
                return AppRoleFailures.NoRole(name.Value);
            // What was not found of a role that is another by now may be there all the same.
            var change = AppRoleStore.Confirm(storage, name.Value, revision);
            return await findHash(role, ct) is { } hash && await AppRoleStore.ReadSecretIdAsync(storage, role.Id, hash, ct) is { } secretId
                ? new(AppRoleStore.Remove(change, storage, role.Id, hash, secretId), default(Nothing))
                : new(change, absent);
        }
    }
}
