using Kist.Core.Barrier;

namespace Kist.Core.Mounts;

/// <summary>A secrets engine that another one uses. Whoever is let to it must be asked for his rights there when he demands it.</summary>
/// <param name="Mount">The mount.</param>
/// <param name="Storage">Its data.</param>
public sealed record OtherMount(Mount Mount, StorageView Storage)
{
    /// <summary>Finds the secrets engine at a path in the namespace of <paramref name="storage"/>, with or without the slash at its end.</summary>
    /// <param name="storage">The data of the mount that uses it.</param>
    /// <param name="path">The path.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async ValueTask<Outcome<OtherMount>> FindAsync(StorageView storage, string path, CancellationToken cancellationToken)
    {
        var wanted = path.EndsWith('/') ? path : path + "/";
        if (storage.Barrier.Mounts is not { } current
            || !(await current(cancellationToken)).TryGet(wanted, out var mount)
            || mount.Kind != MountKind.Secrets || mount.Namespace != storage.Namespace)
            return Failure.Invalid("mount.not_found", $"there is no secrets engine at {wanted}");
        return mount.State == MountState.Ready
            ? new OtherMount(mount, storage.Barrier.ForMount(mount))
            : Failure.Unavailable("mount.not_ready", $"the engine at {wanted} does not answer now");
    }
}
