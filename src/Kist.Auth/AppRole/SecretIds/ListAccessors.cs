using System.ComponentModel;
using Kist.Auth.AppRole.Roles;
using Kist.Auth.AppRole.Stored;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;

namespace Kist.Auth.AppRole.SecretIds;

internal sealed record ListAccessorsRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("Answer only accessors greater than this, which need not exist.")]
    public string? After { get; init; }

    [Description("Most accessors to answer; 0 for all.")]
    [AuditPlain]
    public int Limit { get; init; }
}

/// <summary><c>LIST role/name/secret-id</c>. No secret ids are not found, as the Vault API has it.</summary>
internal static class ListAccessors
{
    public static async ValueTask<Outcome<ListResponse>> HandleAsync(
        ListAccessorsRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var role = await ReadRole.FindAsync(request.RoleName, context, cancellationToken);
        return role.Succeeded
            ? await ListRoles.ListAsync(context, AppRoleStore.AccessorsOf(role.Value.Record.Id), request.After ?? "", request.Limit, cancellationToken)
            : role.Failure;
    }
}
