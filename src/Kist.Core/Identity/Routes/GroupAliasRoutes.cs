using Kist.Core.Identity.Changes;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Identity.Routes;

/// <summary><c>group-alias</c>.</summary>
internal sealed class GroupAliasRoutes(IdentitySpace space, MountsLookup mounts, TimeProvider clock)
{
    private readonly GroupAliasChanges changes = new(space, mounts, clock);

    public void Add(RouteMap map)
    {
        map.Write<GroupAliasRequest, AliasWritten>(
            "group-alias", WriteAsync, "Create the alias of an external group, or change the given fields of one.");
        map.List<IdentityListRequest, IdentityKeys<GroupAliasResponse>>("group-alias/id", ListAsync, "List the ids of the aliases of groups.");
        map.Read<IdentityIdRequest, GroupAliasResponse>("group-alias/id/{id}", ReadAsync, "Read the alias of a group.");
        map.Write<GroupAliasRequest, AliasWritten>(
            "group-alias/id/{id}", WriteAsync, "Change the given fields of an alias, or move it to another group.");
        map.Delete<IdentityIdRequest, Nothing>(
            "group-alias/id/{id}", (r, c, ct) => changes.DeleteAsync(r.Id ?? "", c, ct), "Delete the alias of a group.");
    }

    private async ValueTask<Outcome<AliasWritten>> WriteAsync(GroupAliasRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var written = await changes.WriteAsync(
            request.Id, new GroupAliasFields(request.Name, request.CanonicalId, request.MountAccessor), context, cancellationToken);
        return written.Succeeded ? new AliasWritten(written.Value.Alias!.Id, written.Value.Id) : written.Failure;
    }

    private async ValueTask<Outcome<GroupAliasResponse>> ReadAsync(
        IdentityIdRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await GroupAliasChanges.FindAsync(space.Of(context.Request.Namespace), request.Id ?? "", cancellationToken) is { } found
            ? GroupAliasResponse.Of(found.Record, await mounts(cancellationToken))!
            : Failure.NotFound();

    private async ValueTask<Outcome<IdentityKeys<GroupAliasResponse>>> ListAsync(
        IdentityListRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var records = space.Of(context.Request.Namespace);
        var table = await mounts(cancellationToken);
        return await IdentityListing.IdsAsync<IdentityPointer, GroupAliasResponse>(
            records.GroupAliases,
            IdentityJson.Pointer,
            request,
            async (id, _, ct) => await GroupAliasChanges.FindAsync(records, id, ct) is { } found ? GroupAliasResponse.Of(found.Record, table) : null,
            cancellationToken);
    }
}
