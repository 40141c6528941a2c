using System.ComponentModel;
using Kist.Auth.Userpass.Stored;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;

namespace Kist.Auth.Userpass.Users;

internal sealed record ListUsersRequest
{
    [Description("Answer only names greater than this, which need not exist.")]
    public string? After { get; init; }

    [Description("Most names to answer; 0 for all.")]
    [AuditPlain]
    public int Limit { get; init; }
}

internal sealed record UserNames
{
    [Description("The names of the users.")]
    public IReadOnlyList<string> Keys { get; init; } = [];
}

/// <summary><c>LIST users</c>. No users is not found, as the Vault API has it.</summary>
internal static class ListUsers
{
    public static async ValueTask<Outcome<UserNames>> HandleAsync(ListUsersRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var after = request.After ?? "";
        if (after.Length > UserName.MaxLength)
            return Failure.Invalid("userpass.invalid_after", $"field \"after\": is longer than {UserName.MaxLength} characters");
        var names = await context.Storage.Folder(UserStore.Users).ListAsync(after, request.Limit, cancellationToken);
        return names.Count == 0 ? Failure.NotFound() : new UserNames { Keys = names };
    }
}
