using Kist.Auth.AppRole.Stored;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Auth.AppRole.Roles;

/// <summary>A request that sets one property of a role.</summary>
internal interface IRolePropertyRequest
{
    /// <summary>Name of the role.</summary>
    string RoleName { get; }

    /// <summary>The change; null when the request lacks the value.</summary>
    RoleChange? ToChange();
}

/// <summary>A property of a role at a path of its own: read, set, and set back to what a new role has.</summary>
/// <param name="path">Below the role.</param>
/// <param name="what">For the summary: <c>the policies</c>.</param>
/// <param name="show">Makes the answer of a role.</param>
/// <param name="reset">Sets it back.</param>
internal sealed class RoleProperty<TRequest, TResponse>(string path, string what, Func<RoleRecord, TResponse> show, RoleChange reset)
    where TRequest : IRolePropertyRequest
{
    public void Add(RouteMap map, WriteRole write)
    {
        var template = "role/{role_name}/" + path;
        map.Read<RoleNameRequest, TResponse>(template, ReadAsync, $"Reads {what} of a role.");
        map.Write<TRequest, Nothing>(template, WriteAsync, $"Sets {what} of a role.");
        map.Delete<RoleNameRequest, Nothing>(template, DeleteAsync, $"Sets {what} of a role back to what a new role has.");

        async ValueTask<Outcome<Nothing>> WriteAsync(TRequest request, RequestContext context, CancellationToken cancellationToken) =>
            request.ToChange() is { } change
                ? await write.ChangeAsync(request.RoleName, change, context, cancellationToken)
                : AppRoleFailures.Missing(path.Replace('-', '_'));

        ValueTask<Outcome<Nothing>> DeleteAsync(RoleNameRequest request, RequestContext context, CancellationToken cancellationToken) =>
            write.ChangeAsync(request.RoleName, reset, context, cancellationToken);
    }

    private async ValueTask<Outcome<TResponse>> ReadAsync(RoleNameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var role = await ReadRole.FindAsync(request.RoleName, context, cancellationToken);
        return role.Succeeded ? show(role.Value.Record) : role.Failure;
    }
}
