using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Storage;

namespace Kist.Core.Watching;

/// <summary>Follows the store, and names the paths that its commits change: those of this node and of all others.</summary>
internal sealed class ChangeFollower(Node node, IStore store, ChangeFeed feed)
{
    private static readonly TimeSpan CacheWait = TimeSpan.FromSeconds(5);

    private bool beginsAnew = true;

    /// <summary>
    /// Runs until history is lost, the store does not answer or the node serves no more; the caller begins it again. It then goes on where it was, so that no
    /// client has to read everything again for a pause, unless the store no longer knows what came after.
    /// </summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        if (!node.IsServing)
            return;
        var head = await store.HeadAsync(cancellationToken);
        if (beginsAnew || feed.Index > head)
            feed.Begin(head);
        beginsAnew = false;
        await foreach (var commit in store.WatchAsync(feed.Index, cancellationToken))
        {
            beginsAnew = ReferenceEquals(commit, WatchEvent.Lost);
            if (beginsAnew || !node.IsServing)
                return;
            feed.Append(commit.Revision, await TryNameAsync(commit, cancellationToken));
        }
    }

    private async ValueTask<IReadOnlyList<PathChange>> TryNameAsync(WatchEvent commit, CancellationToken cancellationToken)
    {
        try
        {
            return await NameAsync(commit, cancellationToken);
        }
        catch (Exception e) when (e is not (StoreUnavailableException or BarrierSealedException or OperationCanceledException))
        {
            // A commit that cannot be named now never can be: it is passed over, and everybody told that something may be missing.
            beginsAnew = true;
            throw;
        }
    }

    private async ValueTask<IReadOnlyList<PathChange>> NameAsync(WatchEvent commit, CancellationToken cancellationToken)
    {
        List<PathChange>? changes = null;
        MountTable? table = null;
        foreach (var key in commit.Keys)
        {
            if (!KeyLayout.TryReadMount(key, out var mountId, out var stored))
                continue;
            // Whoever is told reads at this node: what they then see must not be older than what they were told of.
            if (table is null && !await node.ReachedAsync(commit.Revision, CacheWait, cancellationToken))
                throw new StoreUnavailableException("this node does not see the store's last commits");
            table ??= await node.Mounts.CurrentAsync(cancellationToken);
            if (table.ById(mountId) is { State: MountState.Ready } mount && mount.Type.NameChange(stored, mount.Options) is { } path)
                (changes ??= []).Add(new PathChange(mount.Id, mount.Path, path, commit.Revision));
        }
        return changes is null ? [] : [.. changes.Distinct()];
    }
}
