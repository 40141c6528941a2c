using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Sys;

/// <summary>The mounts that the caller may see.</summary>
public sealed record UiMountsResponse
{
    /// <summary>Auth methods, without <c>auth/</c>.</summary>
    public SortedDictionary<string, MountResponse> Auth { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Secrets engines.</summary>
    public SortedDictionary<string, MountResponse> Secret { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>One mount, as clients that only know a path inside it need it.</summary>
public sealed record UiMountResponse
{
    /// <summary>The mount's path.</summary>
    public string Path { get; init; } = "";

    /// <summary>The engine.</summary>
    public string Type { get; init; } = "";

    /// <summary>Stays the same for the life of the mount.</summary>
    public string Accessor { get; init; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Random UUID.</summary>
    public string Uuid { get; init; } = "";

    /// <summary>The engine's options; KV clients read <c>version</c> here.</summary>
    public IReadOnlyDictionary<string, string>? Options { get; init; }

    /// <summary>Settings.</summary>
    public MountConfigResponse Config { get; init; } = new();
}

/// <summary><c>sys/internal/ui/mounts</c>: how KV clients find out which version a mount speaks.</summary>
internal sealed class UiRoutes(Node node)
{
    public void Add(RouteMap map)
    {
        map.Read<Nothing, UiMountsResponse>("internal/ui/mounts", ListAsync, "List the mounts that the caller may see.").AllowUnauthenticated();
        map.Read<MountPathRequest, UiMountResponse>("internal/ui/mounts/{path**}", ReadAsync, "Read the mount that a path lies in.").AllowUnauthenticated();
    }

    private async ValueTask<Outcome<UiMountsResponse>> ListAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var response = new UiMountsResponse();
        foreach (var mount in (await node.Mounts.CurrentAsync(ct)).All)
        {
            if (!string.Equals(mount.Config.ListingVisibility, "unauth", StringComparison.Ordinal) && !MayUse(context, mount))
                continue;
            var shown = context.Token is null ? ForStrangers(mount) : MountResponse.Of(mount);
            if (mount.Kind == MountKind.Auth)
                response.Auth[mount.Path["auth/".Length..]] = shown;
            else
                response.Secret[mount.Path] = shown;
        }
        return response;
    }

    private async ValueTask<Outcome<UiMountResponse>> ReadAsync(MountPathRequest request, RequestContext context, CancellationToken ct)
    {
        // One answer whether the mount is missing or hidden, so that nobody can probe for mounts.
        if (!(await node.Mounts.CurrentAsync(ct)).TryResolve(request.Path, out var mount) || !MayUse(context, mount))
            return new Failure(FailureKind.Denied, "denied", "preflight capability check returned 403, please ensure client's policies grant access to path \"" + request.Path.TrimEnd('/') + "/\"");
        var shown = MountResponse.Of(mount);
        return new UiMountResponse
        {
            Path = mount.Path,
            Type = mount.TypeName,
            Accessor = mount.Accessor,
            Description = mount.Description,
            Uuid = mount.Uuid,
            Options = shown.Options,
            Config = shown.Config,
        };
    }

    // A login page needs no more; accessor, ids and settings are for those who may use the mount.
    private static MountResponse ForStrangers(Mount mount)
    {
        var all = MountResponse.Of(mount);
        return new MountResponse { Type = all.Type, Description = all.Description, Options = all.Options };
    }

    private static bool MayUse(RequestContext context, Mount mount) => context.Token?.Acl.TouchesMount(mount.Path) ?? false;
}
