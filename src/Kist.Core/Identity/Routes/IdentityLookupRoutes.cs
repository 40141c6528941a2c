using Kist.Core.Barrier;
using Kist.Core.Identity.Changes;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Identity.Routes;

/// <summary><c>lookup/entity</c> and <c>lookup/group</c>: nothing is answered, and no failure, when there is none.</summary>
internal sealed class IdentityLookupRoutes(IdentitySpace space, MountsLookup mounts, EntityRoutes entities, GroupRoutes groups)
{
    private static readonly Failure Ambiguous = Failure.Invalid(
        "identity.lookup", "give exactly one of \"id\", \"name\", \"alias_id\", or \"alias_name\" with \"alias_mount_accessor\"");

    public void Add(RouteMap map)
    {
        map.Write<IdentityLookupRequest, EntityResponse>("lookup/entity", EntityAsync, "Find an entity by its id, its name or an alias.");
        map.Write<IdentityLookupRequest, GroupResponse>("lookup/group", GroupAsync, "Find a group by its id, its name or its alias.");
    }

    private async ValueTask<Outcome<EntityResponse>> EntityAsync(
        IdentityLookupRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var records = space.Of(context.Request.Namespace);
        var id = await IdAsync(request, records, records.EntityNames, records.AliasKeys, ByAliasIdAsync, cancellationToken);
        return id.Succeeded ? OrNothing(await entities.ShowAsync(id.Value, context, cancellationToken)) : id.Failure;

        async ValueTask<string?> ByAliasIdAsync(string alias) => (await AliasChanges.FindAsync(records, alias, cancellationToken))?.Entity.Record.Id;
    }

    private async ValueTask<Outcome<GroupResponse>> GroupAsync(
        IdentityLookupRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var records = space.Of(context.Request.Namespace);
        var id = await IdAsync(request, records, records.GroupNames, records.GroupAliasKeys, ByAliasIdAsync, cancellationToken);
        return id.Succeeded ? OrNothing(await groups.ShowAsync(id.Value, context, cancellationToken)) : id.Failure;

        async ValueTask<string?> ByAliasIdAsync(string alias) => (await GroupAliasChanges.FindAsync(records, alias, cancellationToken))?.Record.Id;
    }

    private static Outcome<T> OrNothing<T>(Outcome<T> shown)
        where T : class => shown.Failure is { Kind: FailureKind.NotFound } ? new Outcome<T>((T)null!) : shown;

    // Empty when there is none.
    private async ValueTask<Outcome<string>> IdAsync(
        IdentityLookupRequest request,
        IdentityRecords records,
        StorageView names,
        StorageView aliasKeys,
        Func<string, ValueTask<string?>> byAliasId,
        CancellationToken cancellationToken)
    {
        var byAlias = !string.IsNullOrEmpty(request.AliasName) || !string.IsNullOrEmpty(request.AliasMountAccessor);
        var ways = (string.IsNullOrEmpty(request.Id) ? 0 : 1) + (string.IsNullOrEmpty(request.Name) ? 0 : 1)
            + (string.IsNullOrEmpty(request.AliasId) ? 0 : 1) + (byAlias ? 1 : 0);
        if (ways != 1)
            return Ambiguous;
        if (!string.IsNullOrEmpty(request.Id))
            return request.Id;
        if (!string.IsNullOrEmpty(request.Name))
            return await EntityRoutes.IdOfAsync(names, request.Name, cancellationToken) ?? "";
        if (!string.IsNullOrEmpty(request.AliasId))
            return await byAliasId(request.AliasId) ?? "";
        if (string.IsNullOrEmpty(request.AliasName) || string.IsNullOrEmpty(request.AliasMountAccessor))
            return Ambiguous;
        if (IdentityNames.CheckAlias(request.AliasName) is not null
            || (await mounts(cancellationToken)).ByAccessor(request.AliasMountAccessor) is not { } mount)
            return "";
        return (await IdentityRecords.ReadPointerAsync(aliasKeys, records.KeyOf(mount.Id, request.AliasName), cancellationToken))?.Record.Id ?? "";
    }
}
