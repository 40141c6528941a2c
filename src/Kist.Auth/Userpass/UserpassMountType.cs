using Kist.Auth.Roles;
using Kist.Auth.Userpass.Passwords;
using Kist.Auth.Userpass.Stored;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Logins;
using Kist.Core.Mounts;
using Kist.Core.Routing;
using Kist.Core.Tokens;

namespace Kist.Auth.Userpass;

/// <summary>The auth method <c>userpass</c>: people log in with a name and a password that the mount keeps.</summary>
public sealed class UserpassMountType : MountType, IUserLockouts
{
    private readonly Lazy<RouteTable> routes;
    private readonly Lockouts lockouts;

    /// <summary>The method with its clock.</summary>
    public UserpassMountType(TimeProvider clock)
        : this(clock, PasswordCost.Default)
    {
    }

    /// <summary>With a cost of the caller's choice: the default one is too dear for tests.</summary>
    internal UserpassMountType(TimeProvider clock, PasswordCost cost)
    {
        lockouts = new Lockouts(clock);
        routes = new Lazy<RouteTable>(() => UserpassRoutes.Build(clock, cost, lockouts));
    }

    /// <inheritdoc/>
    public override string Name => "userpass";

    /// <inheritdoc/>
    public override MountKind Kind => MountKind.Auth;

    /// <inheritdoc/>
    public override string Description => "Lets people log in with a user name and a password.";

    /// <inheritdoc/>
    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes.Value;

    /// <summary>Refuses when the user is gone; another of the same name is another user.</summary>
    public override async ValueTask<Outcome<LoginTerms?>> RenewAsync(
        StorageView storage, TokenEntry token, string role, CancellationToken cancellationToken)
    {
        var (name, id) = RoleIdentity.Parse(role);
        return await UserStore.ReadUserAsync(storage, name, cancellationToken) is { Record: var user } && user.Id == id
            ? new LoginTerms(user.Token, [])
            : Failure.Invalid("userpass.user_gone", $"the user \"{name}\" is gone, not renewing");
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> LockedAsync(StorageView storage, CancellationToken cancellationToken) =>
        lockouts.LockedAsync(storage, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Outcome<Nothing>> UnlockAsync(StorageView storage, string user, CancellationToken cancellationToken) =>
        Lockouts.UnlockAsync(storage, user, cancellationToken);
}
