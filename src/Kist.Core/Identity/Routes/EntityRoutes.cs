using Kist.Core.Identity.Changes;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Identity.Routes;

/// <summary><c>entity</c>.</summary>
internal sealed class EntityRoutes(IdentitySpace space, MountsLookup mounts, TimeProvider clock)
{
    private const int MostOfBatch = 1_000;

    private readonly EntityChanges changes = new(space, clock);
    private readonly EntityMerge merge = new(space, clock);

    public void Add(RouteMap map)
    {
        map.Write<EntityRequest, EntityWritten>(
            "entity", (r, c, ct) => WriteAsync(r.Id, r, c, ct), "Create an entity, or change the given fields of one.");
        map.List<IdentityListRequest, IdentityKeys<EntityInfo>>("entity/id", ListAsync, "List the ids of the entities.");
        map.Read<IdentityIdRequest, EntityResponse>("entity/id/{id}", (r, c, ct) => ShowAsync(r.Id, c, ct), "Read an entity.");
        map.Write<EntityRequest, EntityWritten>("entity/id/{id}", (r, c, ct) => WriteAsync(r.Id, r, c, ct), "Change the given fields of an entity.");
        map.Delete<IdentityIdRequest, Nothing>(
            "entity/id/{id}", (r, c, ct) => changes.DeleteAsync(r.Id ?? "", c, ct), "Delete an entity with its aliases.");
        map.List<IdentityListRequest, IdentityKeys>(
            "entity/name", (r, c, ct) => IdentityListing.NamesAsync(RecordsOf(c).EntityNames, r, ct), "List the names of the entities.");
        map.Read<IdentityNameRequest, EntityResponse>("entity/name/{name**}", ReadByNameAsync, "Read an entity by its name.");
        map.Write<EntityRequest, EntityWritten>(
            "entity/name/{name**}", (r, c, ct) => WriteAsync(null, r, c, ct), "Create an entity with a name, or change the given fields of it.");
        map.Delete<IdentityNameRequest, Nothing>("entity/name/{name**}", DeleteByNameAsync, "Delete the entity with a name with its aliases.");
        map.Write<EntityBatchDeleteRequest, Nothing>("entity/batch-delete", DeleteManyAsync, "Delete entities with their aliases.");
        map.Write<EntityMergeRequest, Nothing>("entity/merge", MergeAsync, "Merge entities into one.");
    }

    /// <summary>What is shown of an entity.</summary>
    public async ValueTask<Outcome<EntityResponse>> ShowAsync(string? id, RequestContext context, CancellationToken cancellationToken)
    {
        var records = RecordsOf(context);
        if (await records.ReadEntityAsync(id ?? "", cancellationToken) is not { Record: { MergedInto.Length: 0 } entity })
            return Failure.NotFound();
        var resolved = await IdentityResolver.ResolveAsync(records, entity, cancellationToken);
        return EntityResponse.Of(resolved, await mounts(cancellationToken), context.Request.Namespace.ToString());
    }

    /// <summary>The id of the entity with a name; null when there is none.</summary>
    public static async ValueTask<string?> IdOfAsync(Barrier.StorageView names, string? name, CancellationToken cancellationToken) =>
        name is { Length: > 0 } && IdentityNames.Check(name) is null
            ? (await IdentityRecords.ReadPointerAsync(names, IdentityNames.KeyOf(name), cancellationToken))?.Record.Id
            : null;

    private async ValueTask<Outcome<EntityWritten>> WriteAsync(
        string? id, EntityRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var fields = new EntityFields(request.Name, request.Metadata, request.Policies, request.Disabled);
        var written = await changes.WriteAsync(id, fields, context, cancellationToken);
        if (!written.Succeeded)
            return written.Failure;
        // A change answers nothing, as in Vault.
        return new(written.Value.IsNew ? new EntityWritten(written.Value.Record.Id, written.Value.Record.Name, null) : null!);
    }

    private async ValueTask<Outcome<EntityResponse>> ReadByNameAsync(
        IdentityNameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await ShowAsync(await IdOfAsync(RecordsOf(context).EntityNames, request.Name, cancellationToken), context, cancellationToken);

    private async ValueTask<Outcome<Nothing>> DeleteByNameAsync(
        IdentityNameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await IdOfAsync(RecordsOf(context).EntityNames, request.Name, cancellationToken) is { } id
            ? await changes.DeleteAsync(id, context, cancellationToken)
            : Outcome.Done;

    private async ValueTask<Outcome<Nothing>> DeleteManyAsync(
        EntityBatchDeleteRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.EntityIds is not { Count: > 0 } ids)
            return IdentityFailures.Missing("entity_ids");
        if (ids.Count > MostOfBatch)
            return Failure.Invalid("identity.batch_too_large", $"field \"entity_ids\": at most {MostOfBatch} entities at a time");
        foreach (var id in ids)
        {
            var deleted = await changes.DeleteAsync(id, context, cancellationToken);
            if (!deleted.Succeeded)
                return deleted;
        }
        return Outcome.Done;
    }

    private async ValueTask<Outcome<Nothing>> MergeAsync(EntityMergeRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(request.ToEntityId))
            return IdentityFailures.Missing("to_entity_id");
        if (request.FromEntityIds is not { Count: > 0 } from)
            return IdentityFailures.Missing("from_entity_ids");
        if (from.Count > MostOfBatch)
            return Failure.Invalid("identity.batch_too_large", $"field \"from_entity_ids\": at most {MostOfBatch} entities at a time");
        var plan = new EntityMergePlan([.. from.Distinct(StringComparer.Ordinal)], request.ToEntityId, request.ConflictingAliasIdsToKeep ?? []);
        return await merge.MergeAsync(plan, context, cancellationToken);
    }

    private async ValueTask<Outcome<IdentityKeys<EntityInfo>>> ListAsync(
        IdentityListRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var table = await mounts(cancellationToken);
        return await IdentityListing.IdsAsync<EntityRecord, EntityInfo>(
            RecordsOf(context).Entities,
            IdentityJson.Entity,
            request,
            (_, entity, _) => new(entity.MergedInto.Length > 0
                ? null
                : new EntityInfo(entity.Name, [.. entity.Aliases.Select(a => AliasResponse.Of(a, entity.Id, table))])),
            cancellationToken);
    }

    private IdentityRecords RecordsOf(RequestContext context) => space.Of(context.Request.Namespace);
}
