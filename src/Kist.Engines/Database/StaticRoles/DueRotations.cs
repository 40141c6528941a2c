using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Storage;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.StaticRoles;

/// <summary>Rotates what is due. The work is what is due, not what exists.</summary>
internal sealed class DueRotations(StaticRotation rotation, TimeProvider clock)
{
    private const int Page = 100;

    /// <summary>
    /// Rotates what is due at a mount. A role that cannot be rotated keeps no other from it, and a database that does not answer, or lets the connection's user
    /// not in, is asked once: the rest of its roles come the next time.
    /// </summary>
    /// <exception cref="AggregateException">Some could not be rotated.</exception>
    public async ValueTask RotateAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var silent = new HashSet<string>(StringComparer.Ordinal);
        var failed = new List<Exception>();
        foreach (var name in await DueAsync(storage, now, cancellationToken))
        {
            try
            {
                if (await DatabaseStore.ReadStaticRoleAsync(storage, name, cancellationToken) is not { Record: var role })
                    continue;
                if (role.Due > now || silent.Contains(role.DbName))
                    continue;
                var rotated = await rotation.RotateAsync(storage, name, fence, cancellationToken);
                if (rotated.Succeeded)
                    continue;
                failed.Add(new InvalidOperationException($"the static role {name} was not rotated: {rotated.Failure.Code}: {rotated.Failure.Message}"));
                if (IsSilent(rotated.Failure))
                    silent.Add(role.DbName);
            }
            catch (Exception e) when (e is not (OperationCanceledException or BarrierSealedException or StoreUnavailableException))
            {
                failed.Add(new InvalidOperationException($"the static role {name} was not rotated: {e.Message}", e));
            }
        }
        if (failed.Count > 0)
            throw new AggregateException(failed);
    }

    // What it says to one role it says to all: a thousand failed logins in a row would be an alarm, or a lock, of their own.
    private static bool IsSilent(Failure failure) =>
        failure.Kind == FailureKind.Unavailable || failure.Code is DatabaseFailures.LoginRefused or DatabaseFailures.TlsFailed;

    // Listed first: each rotation puts its role in again behind.
    private static async ValueTask<IReadOnlyList<string>> DueAsync(StorageView storage, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        var after = "";
        while (true)
        {
            var page = await storage.Folder(DatabaseStore.Due).ScanAsync(after, Page, cancellationToken);
            foreach (var path in page)
            {
                var (due, name) = DatabaseStore.ParseDuePath(path);
                if (due > now)
                    return names;
                names.Add(name);
            }
            if (page.Count < Page)
                return names;
            after = page[^1];
        }
    }
}
