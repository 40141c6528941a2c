using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Storage;

namespace Kist.Core.Watching;

/// <summary>Follows the store, and names the paths that its commits change: those of this node and of all others.</summary>
internal sealed class ChangeFollower(Node node, IStore store, ChangeFeed feed)
{
    private static readonly TimeSpan CacheWait = TimeSpan.FromSeconds(5);

    /// <summary>Runs until history is lost or the node serves no more; the caller begins it again.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        if (!node.IsServing)
            return;
        var head = await store.HeadAsync(cancellationToken);
        feed.Begin(head);
        await foreach (var commit in store.WatchAsync(head, cancellationToken))
        {
            if (ReferenceEquals(commit, WatchEvent.Lost) || !node.IsServing)
                return;
            feed.Append(commit.Revision, await NameAsync(commit, cancellationToken));
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
