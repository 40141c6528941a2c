using System.ComponentModel;
using Kist.Core.Logins;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Sys;

/// <summary>Asks for locked users.</summary>
public sealed record LockedUsersRequest
{
    /// <summary>Only those of one mount.</summary>
    [Description("Accessor of the auth method whose locked users are asked for; all if not given.")]
    public string? MountAccessor { get; init; }
}

/// <summary>The locked users.</summary>
public sealed record LockedUsersResponse
{
    /// <summary>By namespace.</summary>
    public IReadOnlyList<LockedUsersOfNamespace> ByNamespace { get; init; } = [];

    /// <summary>How many there are.</summary>
    public int Total { get; init; }
}

/// <summary>The locked users of a namespace.</summary>
public sealed record LockedUsersOfNamespace
{
    /// <summary>The namespace's id.</summary>
    public string NamespaceId { get; init; } = "root";

    /// <summary>The namespace's path; empty for the root.</summary>
    public string NamespacePath { get; init; } = "";

    /// <summary>How many there are.</summary>
    public int Counts { get; init; }

    /// <summary>By mount, the mount with the most first.</summary>
    public IReadOnlyList<LockedUsersOfMount> MountAccessors { get; init; } = [];
}

/// <summary>The locked users of a mount.</summary>
public sealed record LockedUsersOfMount
{
    /// <summary>The mount's accessor.</summary>
    public required string MountAccessor { get; init; }

    /// <summary>How many there are.</summary>
    public int Counts { get; init; }

    /// <summary>Their names.</summary>
    public IReadOnlyList<string> AliasIdentifiers { get; init; } = [];
}

/// <summary>Lets a user in again.</summary>
public sealed record UnlockUserRequest
{
    /// <summary>The mount.</summary>
    [Description("Accessor of the auth method.")]
    public string MountAccessor { get; init; } = "";

    /// <summary>The user.</summary>
    [Description("Name of the user in the auth method.")]
    public string AliasIdentifier { get; init; } = "";
}

/// <summary><c>sys/locked-users</c>: who is locked out after wrong passwords, and an end to that.</summary>
internal sealed class LockedUserRoutes(Node node)
{
    public void Add(RouteMap map)
    {
        map.Read<LockedUsersRequest, LockedUsersResponse>("locked-users", ListAsync, "List the users who are locked out after wrong passwords.");
        map.Write<UnlockUserRequest, Nothing>(
            "locked-users/{mount_accessor}/unlock/{alias_identifier}", UnlockAsync, "Let a user in again who is locked out; one who is not is no error.");
    }

    private async ValueTask<Outcome<LockedUsersResponse>> ListAsync(LockedUsersRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var table = await node.Mounts.CurrentAsync(cancellationToken);
        if (request.MountAccessor is { Length: > 0 } accessor && table.ByAccessor(accessor) is null)
            return NoMount(accessor);
        var mounts = new List<LockedUsersOfMount>();
        foreach (var mount in table.All.Where(m => request.MountAccessor is null or "" || m.Accessor == request.MountAccessor))
        {
            if (mount is not { State: MountState.Ready, Type: IUserLockouts lockouts })
                continue;
            var users = await lockouts.LockedAsync(node.Barrier.ForMount(mount), cancellationToken);
            if (users.Count > 0)
                mounts.Add(new LockedUsersOfMount { MountAccessor = mount.Accessor, Counts = users.Count, AliasIdentifiers = users });
        }
        var total = mounts.Sum(m => m.Counts);
        if (total == 0)
            return new LockedUsersResponse();
        var root = new LockedUsersOfNamespace { Counts = total, MountAccessors = [.. mounts.OrderByDescending(m => m.Counts)] };
        return new LockedUsersResponse { ByNamespace = [root], Total = total };
    }

    private async ValueTask<Outcome<Nothing>> UnlockAsync(UnlockUserRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var table = await node.Mounts.CurrentAsync(cancellationToken);
        return table.ByAccessor(request.MountAccessor) is { State: MountState.Ready, Type: IUserLockouts lockouts } mount
            ? await lockouts.UnlockAsync(node.Barrier.ForMount(mount), request.AliasIdentifier, cancellationToken)
            : NoMount(request.MountAccessor);
    }

    private static Failure NoMount(string accessor) =>
        Failure.Invalid(MountFailures.NotFoundCode, $"no auth method that locks users out has the accessor \"{accessor}\"");
}
