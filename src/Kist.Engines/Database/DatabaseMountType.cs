using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Leases;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Storage;
using Kist.Crypto;
using Kist.Engines.Database.Connections;
using Kist.Engines.Database.Plugins;
using Kist.Engines.Database.Plugins.Postgres;
using Kist.Engines.Database.Roles;
using Kist.Engines.Database.StaticRoles;

namespace Kist.Engines.Database;

/// <summary>The database engine: makes users of databases that live as long as their leases, and rotates the passwords of those that stay.</summary>
public sealed class DatabaseMountType : MountType, IAsyncDisposable
{
    private readonly Lazy<RouteTable> routes;
    private readonly ConnectionPool pool;
    private readonly UserLeases leases;
    private readonly LentConnections lent;
    private readonly DueRotations due;

    /// <summary>The engine with its clock.</summary>
    public DatabaseMountType(TimeProvider clock)
        : this(clock, [new PostgresPlugin(clock)])
    {
    }

    /// <summary>With databases of the caller's choice.</summary>
    internal DatabaseMountType(TimeProvider clock, IReadOnlyList<IDatabasePlugin> plugins)
    {
        pool = new ConnectionPool(plugins);
        leases = new UserLeases(pool);
        lent = new LentConnections(pool);
        var rotation = new StaticRotation(pool, clock);
        due = new DueRotations(rotation, clock);
        routes = new Lazy<RouteTable>(() => DatabaseRoutes.Build(pool, rotation, new Racing(clock), clock));
    }

    /// <inheritdoc/>
    public override string Name => "database";

    /// <inheritdoc/>
    public override MountKind Kind => MountKind.Secrets;

    /// <inheritdoc/>
    public override string Description => "Makes users of databases that live as long as their leases, and rotates the passwords of users that stay.";

    /// <inheritdoc/>
    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes.Value;

    /// <summary>Rotates the passwords of static roles whose period is over.</summary>
    public override ValueTask TendAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken) =>
        due.RotateAsync(storage, fence, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<Outcome<Nothing>> RevokeLeaseAsync(StorageView storage, IssuedLease lease, CancellationToken cancellationToken) =>
        leases.RevokeAsync(storage, lease, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<Outcome<LeaseTerms>> LeaseTermsAsync(StorageView storage, IssuedLease lease, CancellationToken cancellationToken) =>
        UserLeases.TermsAsync(storage, lease, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<Outcome<Nothing>> ExtendLeaseAsync(
        StorageView storage, IssuedLease lease, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        leases.ExtendAsync(storage, lease, expiresAt, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<Outcome<Nothing>> CheckPasswordUserAsync(
        StorageView storage, string connection, string username, CancellationToken cancellationToken) =>
        LentConnections.CheckAsync(storage, connection, username, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<Outcome<Nothing>> ApplyPasswordAsync(
        StorageView storage, string connection, string username, SecretText password, CancellationToken cancellationToken) =>
        lent.ApplyAsync(storage, connection, username, password, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<Outcome<bool>> VerifyPasswordAsync(
        StorageView storage, string connection, string username, SecretText password, CancellationToken cancellationToken) =>
        lent.VerifyAsync(storage, connection, username, password, cancellationToken);

    /// <summary>Closes all connections.</summary>
    public ValueTask DisposeAsync() => pool.DisposeAsync();
}
