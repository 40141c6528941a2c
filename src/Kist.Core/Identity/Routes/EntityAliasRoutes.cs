using Kist.Core.Identity.Changes;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Identity.Routes;

/// <summary><c>entity-alias</c>.</summary>
internal sealed class EntityAliasRoutes(IdentitySpace space, MountsLookup mounts, TimeProvider clock)
{
    private readonly AliasChanges changes = new(space, mounts, clock);

    public void Add(RouteMap map)
    {
        map.Write<EntityAliasRequest, AliasWritten>("entity-alias", WriteAsync, "Create an alias of an entity, or change the given fields of one.");
        map.List<IdentityListRequest, IdentityKeys<AliasResponse>>("entity-alias/id", ListAsync, "List the ids of the aliases of entities.");
        map.Read<IdentityIdRequest, AliasResponse>("entity-alias/id/{id}", ReadAsync, "Read an alias of an entity.");
        map.Write<EntityAliasRequest, AliasWritten>(
            "entity-alias/id/{id}", WriteAsync, "Change the given fields of an alias, or move it to another entity.");
        map.Delete<IdentityIdRequest, Nothing>(
            "entity-alias/id/{id}", (r, c, ct) => changes.DeleteAsync(r.Id ?? "", c, ct), "Delete an alias of an entity.");
    }

    private async ValueTask<Outcome<AliasWritten>> WriteAsync(EntityAliasRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var fields = new AliasFields(request.Name, request.CanonicalId, request.MountAccessor, request.CustomMetadata);
        var written = await changes.WriteAsync(request.Id, fields, context, cancellationToken);
        return written.Succeeded ? new AliasWritten(written.Value.Alias.Id, written.Value.EntityId) : written.Failure;
    }

    private async ValueTask<Outcome<AliasResponse>> ReadAsync(
        IdentityIdRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await AliasChanges.FindAsync(space.Of(context.Request.Namespace), request.Id ?? "", cancellationToken) is { } found
            ? AliasResponse.Of(found.Alias, found.Entity.Record.Id, await mounts(cancellationToken))
            : Failure.NotFound();

    private async ValueTask<Outcome<IdentityKeys<AliasResponse>>> ListAsync(
        IdentityListRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var records = space.Of(context.Request.Namespace);
        var table = await mounts(cancellationToken);
        return await IdentityListing.IdsAsync<IdentityPointer, AliasResponse>(
            records.Aliases,
            IdentityJson.Pointer,
            request,
            async (id, _, ct) => await AliasChanges.FindAsync(records, id, ct) is { } found
                ? AliasResponse.Of(found.Alias, found.Entity.Record.Id, table)
                : null,
            cancellationToken);
    }
}
