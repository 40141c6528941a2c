using System.ComponentModel;
using Kist.Auth.AppRole.Stored;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;

namespace Kist.Auth.AppRole.Roles;

internal sealed record ListRequest
{
    [Description("Answer only names greater than this, which need not exist.")]
    public string? After { get; init; }

    [Description("Most names to answer; 0 for all.")]
    [AuditPlain]
    public int Limit { get; init; }
}

internal sealed record ListResponse
{
    [Description("The names.")]
    public IReadOnlyList<string> Keys { get; init; } = [];
}

/// <summary><c>LIST role</c>. No roles are not found, as the Vault API has it.</summary>
internal static class ListRoles
{
    public static ValueTask<Outcome<ListResponse>> HandleAsync(ListRequest request, RequestContext context, CancellationToken cancellationToken) =>
        ListAsync(context, AppRoleStore.Roles, request.After ?? "", request.Limit, cancellationToken);

    /// <summary>The names in a folder.</summary>
    public static async ValueTask<Outcome<ListResponse>> ListAsync(
        RequestContext context, string folder, string after, int limit, CancellationToken cancellationToken)
    {
        if (after.Length > RoleName.MaxLength)
            return AppRoleFailures.Invalid("after", $"is longer than {RoleName.MaxLength} characters");
        var names = await context.Storage.Folder(folder).ListAsync(after, limit, cancellationToken);
        return names.Count == 0 ? Failure.NotFound() : new ListResponse { Keys = names };
    }
}
