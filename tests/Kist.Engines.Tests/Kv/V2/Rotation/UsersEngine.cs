using System.Collections.Concurrent;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Routing;
using Kist.Crypto;

namespace Kist.Engines.Tests.Kv.V2.Rotation;

/// <summary>An engine with users whose passwords can be set; they keep existing when a node crashes.</summary>
public sealed class UsersEngine : MountType
{
    private readonly RouteTable routes = new([]);

    /// <summary>The password of each user, by connection and name.</summary>
    public ConcurrentDictionary<string, string> Users { get; } = new(StringComparer.Ordinal);

    /// <summary>How often a password was set.</summary>
    public int Applied { get; private set; }

    /// <summary>Decides how setting a password ends.</summary>
    public Func<Failure?> OnApply { get; set; } = static () => null;

    public override string Name => "users";

    public override MountKind Kind => MountKind.Secrets;

    public override string Description => "Has users.";

    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes;

    public override ValueTask<Outcome<Nothing>> CheckPasswordUserAsync(
        StorageView storage, string connection, string username, CancellationToken cancellationToken) =>
        new(Users.ContainsKey($"{connection}/{username}") ? Outcome.Done : Failure.Invalid("users.unknown", "there is no such user"));

    public override ValueTask<Outcome<Nothing>> ApplyPasswordAsync(
        StorageView storage, string connection, string username, SecretText password, CancellationToken cancellationToken)
    {
        if (OnApply() is { } failure)
            return new(failure);
        Applied++;
        Users[$"{connection}/{username}"] = password.Reveal();
        return new(Outcome.Done);
    }

    public override ValueTask<Outcome<bool>> VerifyPasswordAsync(
        StorageView storage, string connection, string username, SecretText password, CancellationToken cancellationToken) =>
        new(Users[$"{connection}/{username}"] == password.Reveal());
}
