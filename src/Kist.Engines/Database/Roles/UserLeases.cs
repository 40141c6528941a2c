using System.Text.Json;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Leases;
using Kist.Engines.Database.Connections;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Roles;

/// <summary>The later life of users that have leases.</summary>
internal sealed class UserLeases(ConnectionPool pool)
{
    /// <summary>Ends the user.</summary>
    public async ValueTask<Outcome<Nothing>> RevokeAsync(StorageView storage, IssuedLease lease, CancellationToken cancellationToken)
    {
        var user = Read(lease);
        var dropped = await pool.UseAsync(
            storage, user.DbName, null, (database, ct) => database.DropUserAsync(user.Username, user.RevocationStatements, ct), cancellationToken);
        return dropped.Failure is { } failure && IsOfConnection(failure) ? failure with { Kind = FailureKind.Unavailable } : dropped;
    }

    // What keeps the server out of the database is no refusal of this user's end, and must not use up the tries of all leases that are due meanwhile.
    private static bool IsOfConnection(Failure failure) =>
        failure.Code is DatabaseFailures.LoginRefused or DatabaseFailures.TlsFailed or DatabaseFailures.NoConnection;

    /// <summary>What the role grants now.</summary>
    public static async ValueTask<Outcome<LeaseTerms>> TermsAsync(StorageView storage, IssuedLease lease, CancellationToken cancellationToken)
    {
        var user = Read(lease);
        return await DatabaseStore.ReadRoleAsync(storage, user.Role, cancellationToken) is { Record: var role }
            ? new LeaseTerms(role.DefaultTtl, role.MaxTtl)
            : RoleGone(user);
    }

    /// <summary>Lets the user live until another time.</summary>
    public async ValueTask<Outcome<Nothing>> ExtendAsync(
        StorageView storage, IssuedLease lease, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        var user = Read(lease);
        if (await DatabaseStore.ReadRoleAsync(storage, user.Role, cancellationToken) is not { Record: var role })
            return RoleGone(user);
        return await pool.UseAsync(
            storage, user.DbName, null, (database, ct) => database.ExtendUserAsync(user.Username, expiresAt, role.RenewStatements, ct), cancellationToken);
    }

    private static Failure RoleGone(LeasedUser user) =>
        Failure.Invalid("database.role_gone", $"error during renew: could not find role with name \"{user.Role}\"");

    private static LeasedUser Read(IssuedLease lease)
    {
        var user = JsonSerializer.Deserialize(lease.Data.Span, DatabaseStoredJson.Default.LeasedUser);
        return user is { Schema: 1 } ? user : throw new InvalidDataException("the lease of a database user is none that this program can read");
    }
}
