using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core.Audit;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Policies;
using Kist.Core.Routing;
using Kist.Core.Tokens;
using Kist.Core.Watching;

namespace Kist.Core.Sys;

/// <summary>Asks for changes of paths.</summary>
public sealed record WatchRequest
{
    /// <summary>The paths.</summary>
    [Description("Paths as the API names them, such as secret/data/shop/db, and folders such as secret/data/shop/*.")]
    [AuditPlain]
    public IReadOnlyList<string>? Paths { get; init; }

    /// <summary>Where to go on.</summary>
    [Description("Answer changes after this index; without one the index of now is answered at once, and no changes.")]
    [AuditPlain]
    public long? Index { get; init; }

    /// <summary>How long to wait.</summary>
    [Description("How long to wait for a change, at most 60s; 30s if not given, not at all if 0.")]
    [AuditPlain]
    public TimeSpan? Wait { get; init; }
}

/// <summary>Changes of paths.</summary>
public sealed record WatchResponse
{
    /// <summary>Where to go on.</summary>
    [AuditPlain]
    public required long Index { get; init; }

    /// <summary>Changes in between are not known any more: everything is to be read again.</summary>
    [AuditPlain]
    public required bool Lost { get; init; }

    /// <summary>The changes, oldest first; each path once.</summary>
    public required IReadOnlyList<WatchedChange> Events { get; init; }
}

/// <summary>A path was written or deleted.</summary>
public sealed record WatchedChange
{
    /// <summary>The path.</summary>
    [AuditPlain]
    public required string Path { get; init; }

    /// <summary>The newest version, where the engine has versions and there is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [AuditPlain]
    public long? Version { get; init; }

    /// <summary>The commit's index.</summary>
    [AuditPlain]
    public required long Index { get; init; }
}

/// <summary>
/// <c>sys/watch</c>: tells of changes, and never of values. Each answer is filtered by what the token may read at that moment; a token that ends while it
/// waits is told nothing more, and a few seconds later that it has ended.
/// </summary>
internal sealed class WatchRoutes(Node node)
{
    private const int MostEvents = 1_000;

    private static readonly TimeSpan UsualWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    // How long a node may be behind the one that gave the index.
    private static readonly TimeSpan CatchUp = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ToAnswer = TimeSpan.FromSeconds(2);

    // How long a token may be gone before its holder, who waits, is told.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Beginning = TimeSpan.FromSeconds(10);

    private static readonly Failure TooMany = new(FailureKind.Throttled, "watch.too_many", "too many clients watch at this node; try again, or another node");

    private static readonly Failure TooManyOfToken = new(
        FailureKind.Throttled,
        "watch.too_many_of_token",
        $"this token already watches {ChangeFeed.MostOfHolder} times at this node; name more paths in one question, at most {WatchedPaths.Most}, or end a watch");

    public void Add(RouteMap map) => map.Read<WatchRequest, WatchResponse>("watch", WatchAsync, "Wait for changes of paths.");

    private async ValueTask<Outcome<WatchResponse>> WatchAsync(WatchRequest? request, RequestContext context, CancellationToken cancellationToken)
    {
        var paths = WatchedPaths.Parse(request?.Paths ?? []);
        if (!paths.Succeeded)
            return paths.Failure;
        var wait = request!.Wait ?? UsualWait;
        if (wait < TimeSpan.Zero || wait > LongestWait)
            return Failure.Invalid("watch.invalid_wait", $"field \"wait\": must be 0 to {LongestWait.TotalSeconds:0} seconds");
        var begun = node.Time.GetTimestamp();
        // A node that was unsealed just now begins within a moment.
        if (node.Changes.Index < 0 && !await node.Changes.ReachedAsync(0, Beginning, cancellationToken))
            return Failure.Unavailable("watch.not_ready", "this node does not follow the store yet; try again");
        if (request.Index is not { } index)
            return new WatchResponse { Index = node.Changes.Index, Lost = false, Events = [] };
        // Another node may have seen it before this one.
        if (index > node.Changes.Index)
            _ = await node.Changes.ReachedAsync(index, CatchUp, cancellationToken);
        var place = node.Changes.Watch(paths.Value, context.Token!.Hash);
        if (place.Watcher is not { } watcher)
            return place.HolderHasAll ? TooManyOfToken : TooMany;
        wait = Within(wait, Longest(node.Options.MaxRequestDuration) - node.Time.GetElapsedTime(begun));
        using (watcher)
            return await WaitAsync(watcher, paths.Value, index, wait, context, cancellationToken);
    }

    // A request that takes longer than its bound is ended as a failure. Nothing to tell is none, so it is answered before.
    private static TimeSpan Longest(TimeSpan bound) => bound > ToAnswer * 2 ? bound - ToAnswer : bound / 2;

    private static TimeSpan Within(TimeSpan wanted, TimeSpan left) => new(Math.Clamp(left.Ticks, 0, wanted.Ticks));

    private async ValueTask<Outcome<WatchResponse>> WaitAsync(
        ChangeFeed.Watcher watcher, WatchedPaths paths, long index, TimeSpan wait, RequestContext context, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, node.Changes.Ended, context.Request.ClientGone());
        ended.CancelAfter(wait);
        var caller = context.Token!;
        while (true)
        {
            var changed = watcher.Next();
            var slice = node.Changes.Since(index, paths, MostEvents);
            if (slice.Lost)
                return new WatchResponse { Index = slice.Index, Lost = true, Events = [] };
            var seen = await VisibleAsync(slice.Changes, caller, context, cancellationToken);
            index = slice.Index;
            // None of the first many may be for this token, and one of those after them.
            if (seen.Count == 0 && slice.More && !cancellationToken.IsCancellationRequested)
                continue;
            if (seen.Count > 0 || wait == TimeSpan.Zero || ended.IsCancellationRequested)
                return new WatchResponse { Index = index, Lost = false, Events = seen };
            await changed.WaitAsync(BetweenLooks, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            // The token, its policies and its entity may have changed meanwhile.
            var now = await node.Tokens.AuthenticateAsync(context.Request.Token!, context.Request.ClientAddress, cancellationToken);
            if (!now.Succeeded)
                return now.Failure;
            caller = now.Value;
        }
    }

    private async ValueTask<IReadOnlyList<WatchedChange>> VisibleAsync(
        IReadOnlyList<PathChange> changes, Authenticated caller, RequestContext context, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
            return [];
        var table = await node.Mounts.CurrentAsync(cancellationToken);
        var visible = new List<WatchedChange>();
        foreach (var change in changes)
        {
            var query = new AclQuery(change.Path, Operation.Read, context.Request.ClientAddress, node.Time.GetUtcNow(), null, default, []);
            if (!caller.Acl.Check(query).Allowed)
                continue;
            var version = table.ById(change.Mount) is { State: MountState.Ready } mount
                ? await mount.Type.ReadVersionAsync(node.Barrier.ForMount(mount), change.Relative, cancellationToken)
                : null;
            visible.Add(new WatchedChange { Path = change.Path, Version = version, Index = change.Index });
        }
        return visible;
    }
}
