using System.Text.Json.Serialization.Metadata;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Core.Tokens;

namespace Kist.Auth.Roles;

/// <summary>The roles of a mount, each a record at <c>role/name</c>, and the requests that all methods with roles answer alike.</summary>
/// <param name="method">Begins the codes of failures.</param>
/// <param name="type">How a role is stored.</param>
/// <param name="caseMatters">False when names that differ in case alone are one name.</param>
internal sealed class RoleStore<T>(string method, JsonTypeInfo<T> type, bool caseMatters)
    where T : class
{
    private const string Folder = "role/";
    private const int MaxNameLength = 256;

    /// <summary>The name as it is stored; null when no role can have it.</summary>
    public string? NameOf(string? name)
    {
        if (name is null || !TokenRoles.IsName(name))
            return null;
        return caseMatters ? name : name.ToLowerInvariant();
    }

    /// <summary>A role; null when there is none, or none can have that name.</summary>
    public async ValueTask<T?> ReadAsync(StorageView storage, string? name, CancellationToken cancellationToken) =>
        NameOf(name) is { } known ? (await storage.ReadRecordAsync(Folder + known, type, cancellationToken))?.Record : null;

    /// <summary>Whether there is a role of the path's name.</summary>
    public async ValueTask<bool> ExistsAsync(RequestContext context, CancellationToken cancellationToken) =>
        await ReadAsync(context.Storage, context.Parameters["name"], cancellationToken) is not null;

    /// <summary>Makes a role or changes one, as the caller's policies were asked for.</summary>
    public ValueTask<Outcome<Nothing>> WriteAsync(
        RequestContext context, string? name, Func<T?, Outcome<T>> change, CancellationToken cancellationToken) =>
        NameOf(name) is { } known
            ? Records.ChangeAsync(
                context, Folder + known, type, was => was is null == (context.Request.Operation == Operation.Create) ? change(was) : Racing.Contention, cancellationToken)
            : new(Failure.Invalid($"{method}.invalid_role_name", "a role's name has letters, digits, \"_\", and between them \"-\" and \".\""));

    /// <summary>Answers a deletion. A name that no role can have names nothing.</summary>
    public ValueTask<Outcome<Nothing>> DeleteAsync(RoleNameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        NameOf(request.Name) is { } known ? Records.DeleteAsync(context, Folder + known, cancellationToken) : new(Outcome.Done);

    /// <summary>Answers the names. No roles is not found, as the Vault API has it.</summary>
    public async ValueTask<Outcome<RoleNames>> ListAsync(ListRolesRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var after = request.After ?? "";
        if (after.Length > MaxNameLength)
            return Failure.Invalid($"{method}.invalid_after", $"field \"after\": is longer than {MaxNameLength} characters");
        var names = await context.Storage.Folder(Folder).ListAsync(after, request.Limit, cancellationToken);
        return names.Count == 0 ? Failure.NotFound() : new RoleNames { Keys = names };
    }
}
