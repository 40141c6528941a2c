using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Pipeline;

namespace Kist.Auth.Jwt;

/// <summary><c>role/name</c>.</summary>
internal static class JwtRoleRoutes
{
    public static async ValueTask<Outcome<JwtRoleResponse>> ReadAsync(
        RoleNameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await JwtStore.Roles.ReadAsync(context.Storage, request.Name, cancellationToken) is { } role ? new JwtRoleResponse(role) : Failure.NotFound();

    public static ValueTask<Outcome<Nothing>> WriteAsync(JwtRoleRequest request, RequestContext context, CancellationToken cancellationToken) =>
        JwtStore.Roles.WriteAsync(context, request.Name, was => request.ApplyTo(was ?? new JwtRole { Id = RoleIdentity.NewId() }), cancellationToken);
}
