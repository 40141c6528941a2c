using Kist.Core.Barrier;

namespace Kist.Core.Logins;

/// <summary>What an auth method has besides that locks users out: <c>sys/locked-users</c> asks it.</summary>
public interface IUserLockouts
{
    /// <summary>The users who are locked out now, in order.</summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IReadOnlyList<string>> LockedAsync(StorageView storage, CancellationToken cancellationToken);

    /// <summary>Lets a user in again; one who is not locked out, or unknown, is no error.</summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="user">The user's name as the client wrote it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<Outcome<Nothing>> UnlockAsync(StorageView storage, string user, CancellationToken cancellationToken);
}
