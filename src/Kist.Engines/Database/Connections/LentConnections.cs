using Kist.Core;
using Kist.Core.Barrier;
using Kist.Crypto;
using Kist.Engines.Database.Names;
using Kist.Engines.Database.Plugins;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Connections;

/// <summary>Passwords of users that another mount keeps and rotates through a connection.</summary>
internal sealed class LentConnections(ConnectionPool pool)
{
    /// <summary>What keeps a user's password from being set through a connection.</summary>
    public static async ValueTask<Outcome<Nothing>> CheckAsync(StorageView storage, string connection, string username, CancellationToken cancellationToken)
    {
        if (!EntryName.IsValid(connection) || await DatabaseStore.ReadConnectionAsync(storage, connection, cancellationToken) is not { Record: var record })
            return DatabaseFailures.UnknownConnection(connection);
        return username == record.Details.Username ? DatabaseFailures.OwnUser : Outcome.Done;
    }

    /// <summary>Sets the password of a user.</summary>
    public async ValueTask<Outcome<Nothing>> ApplyAsync(
        StorageView storage, string connection, string username, SecretText password, CancellationToken cancellationToken)
    {
        var may = await CheckAsync(storage, connection, username, cancellationToken);
        return may.Succeeded
            ? await pool.UseAsync(storage, connection, null, (database, ct) => database.SetPasswordAsync(username, password, [], ct), cancellationToken)
            : may;
    }

    /// <summary>Tries the password of a user.</summary>
    public async ValueTask<Outcome<bool>> VerifyAsync(
        StorageView storage, string connection, string username, SecretText password, CancellationToken cancellationToken)
    {
        var answer = await pool.UseAsync(storage, connection, null, (database, ct) => database.TryLoginAsync(username, password, ct), cancellationToken);
        if (!answer.Succeeded)
            return answer.Failure;
        return answer.Value == LoginAnswer.Unclear
            ? Failure.Unavailable("database.login_unclear", "the database lets the user in with any password, or not at all from here")
            : answer.Value == LoginAnswer.Accepted;
    }
}
