using Kist.Core.Mounts;
using Kist.Core.Routing;

namespace Kist.Core.Pipeline;

/// <summary>Where a request leads: its mount and route, or why there is none. The failure is told only to callers who may know.</summary>
internal readonly record struct Resolution(Mount? Mount, Route? Route, RouteValues Values, Failure? Failure)
{
    public static Resolution Of(Request request, MountTable table)
    {
        if (!table.TryResolve(request.Path, out var mount))
            return new(null, null, default, NoRoute(request.Path));
        return mount.State switch
        {
            MountState.Removing => new(mount, null, default, Core.Failure.Unavailable("mount.removing", $"\"{mount.Path}\" is being unmounted")),
            MountState.Upgrading => new(mount, null, default, MountFailures.Upgrading),
            _ => In(request, mount),
        };
    }

    public static Resolution In(Request request, Mount mount)
    {
        var inside = request.Path.StartsWith(mount.Path, StringComparison.Ordinal);
        if (!inside && request.Path.Length >= mount.Path.Length)
            return new(null, null, default, NoRoute(request.Path));
        var relative = inside ? request.Path[mount.Path.Length..] : "";
        if (relative.EndsWith('/') && request.Operation is not (Operation.List or Operation.Scan))
            return new(mount, null, default, FolderOnly);
        if (mount.Routes.TryMatch(relative, request.Operation, out var route, out var values, out var pathExists))
            return new(mount, route, values, null);
        var failure = pathExists
            ? new Failure(FailureKind.Unsupported, "request.unsupported_operation", "unsupported operation")
            : new Failure(FailureKind.NotFound, "request.unknown_path", $"unsupported path \"{request.Path}\"");
        return new(mount, null, default, failure);
    }

    // A policy for "x" does not decide about "x/", so no route but a list may take the one for the other.
    private static Failure FolderOnly { get; } =
        Core.Failure.Invalid("request.folder", "a path that ends in / is a folder: it can be listed, and nothing else");

    public static Failure NoRoute(string path) =>
        new(FailureKind.NotFound, "request.unknown_path", $"no handler for route \"{path}\". route entry not found.");
}
