using Kist.Auth.AppRole.SecretIds;
using Kist.Auth.AppRole.Stored;
using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Logins;
using Kist.Core.Mounts;
using Kist.Core.Routing;
using Kist.Core.Storage;
using Kist.Core.Tokens;

namespace Kist.Auth.AppRole;

/// <summary>The auth method <c>approle</c>: programs log in with the id of their role and a secret id that was made for them.</summary>
public sealed class AppRoleMountType : MountType
{
    private readonly Lazy<RouteTable> routes;
    private readonly SecretIdExpiry expiry;

    /// <summary>The method with its clock.</summary>
    public AppRoleMountType(TimeProvider clock)
    {
        routes = new Lazy<RouteTable>(() => AppRoleRoutes.Build(clock));
        expiry = new SecretIdExpiry(clock);
    }

    /// <inheritdoc/>
    public override string Name => "approle";

    /// <inheritdoc/>
    public override MountKind Kind => MountKind.Auth;

    /// <inheritdoc/>
    public override string Description => "Lets programs log in with the id of a role and a secret id.";

    /// <inheritdoc/>
    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes.Value;

    /// <summary>Refuses when the role is gone; another of the same name is another role. The secret id need not be there any more.</summary>
    public override async ValueTask<Outcome<LoginTerms?>> RenewAsync(
        StorageView storage, TokenEntry token, string role, CancellationToken cancellationToken)
    {
        var (name, id) = RoleIdentity.Parse(role);
        return await AppRoleStore.ReadRoleAsync(storage, name, cancellationToken) is { Record: var found } && found.Id == id
            ? new LoginTerms(found.Token, [])
            : Failure.Invalid("approle.role_gone", $"the role \"{name}\" is gone, not renewing");
    }

    /// <summary>Deletes the secret ids whose time is over, and those of roles that were deleted.</summary>
    public override async ValueTask TendAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken)
    {
        await RoleSweep.ResumeAsync(storage, fence, cancellationToken);
        await expiry.ExpireDueAsync(storage, fence, cancellationToken);
    }
}
