using System.ComponentModel;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Crypto;

namespace Kist.Auth.AppRole.Roles;

internal sealed record RoleIdRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("The id by which programs log in.")]
    public SecretText? RoleId { get; init; }
}

internal sealed record RoleIdResponse
{
    [Description("The id by which programs log in.")]
    public required SecretText RoleId { get; init; }
}

/// <summary><c>role/name/role-id</c>. The secret ids of the role stay good when its id changes.</summary>
internal sealed class RoleIdEndpoints(WriteRole write)
{
    public static async ValueTask<Outcome<RoleIdResponse>> ReadAsync(RoleNameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var role = await ReadRole.FindAsync(request.RoleName, context, cancellationToken);
        return role.Succeeded ? new RoleIdResponse { RoleId = new SecretText(role.Value.Record.RoleId) } : role.Failure;
    }

    public async ValueTask<Outcome<Nothing>> WriteAsync(RoleIdRequest request, RequestContext context, CancellationToken cancellationToken) =>
        request.RoleId is { } id
            ? await write.ChangeAsync(request.RoleName, new RoleChange { RoleId = id.Reveal() }, context, cancellationToken)
            : AppRoleFailures.Missing("role_id");
}
