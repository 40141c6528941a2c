using Kist.Core.Identity.Changes;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Identity.Routes;

/// <summary><c>group</c>.</summary>
internal sealed class GroupRoutes(IdentitySpace space, MountsLookup mounts, TimeProvider clock)
{
    private readonly GroupChanges changes = new(space, clock);

    public void Add(RouteMap map)
    {
        map.Write<GroupRequest, GroupWritten>(
            "group", (r, c, ct) => WriteAsync(r.Id, r, c, ct), "Create a group, or change the given fields of one.");
        map.List<IdentityListRequest, IdentityKeys<GroupInfo>>("group/id", ListAsync, "List the ids of the groups.");
        map.Read<IdentityIdRequest, GroupResponse>("group/id/{id}", (r, c, ct) => ShowAsync(r.Id, c, ct), "Read a group.");
        map.Write<GroupRequest, GroupWritten>("group/id/{id}", (r, c, ct) => WriteAsync(r.Id, r, c, ct), "Change the given fields of a group.");
        map.Delete<IdentityIdRequest, Nothing>("group/id/{id}", (r, c, ct) => changes.DeleteAsync(r.Id ?? "", c, ct), "Delete a group.");
        map.List<IdentityListRequest, IdentityKeys>(
            "group/name", (r, c, ct) => IdentityListing.NamesAsync(RecordsOf(c).GroupNames, r, ct), "List the names of the groups.");
        map.Read<IdentityNameRequest, GroupResponse>("group/name/{name**}", ReadByNameAsync, "Read a group by its name.");
        map.Write<GroupRequest, GroupWritten>(
            "group/name/{name**}", (r, c, ct) => WriteAsync(null, r, c, ct), "Create a group with a name, or change the given fields of it.");
        map.Delete<IdentityNameRequest, Nothing>("group/name/{name**}", DeleteByNameAsync, "Delete the group with a name.");
    }

    /// <summary>What is shown of a group.</summary>
    public async ValueTask<Outcome<GroupResponse>> ShowAsync(string? id, RequestContext context, CancellationToken cancellationToken)
    {
        var records = RecordsOf(context);
        if (await records.ReadGroupAsync(id ?? "", cancellationToken) is not { Record: { Deleting: false } group })
            return Failure.NotFound();
        var members = new GroupMembers(records);
        return new GroupResponse
        {
            Id = group.Id,
            Name = group.Name,
            Type = group.Type,
            Metadata = group.Metadata.OrNull(),
            Policies = group.Policies,
            MemberEntityIds = await members.EntitiesAsync(group, cancellationToken),
            MemberGroupIds = await members.GroupsAsync(group.Id, cancellationToken),
            ParentGroupIds = group.ParentIds,
            Alias = GroupAliasResponse.Of(group, await mounts(cancellationToken)),
            ModifyIndex = group.ModifyIndex,
            CreationTime = group.CreatedAt,
            LastUpdateTime = group.UpdatedAt,
            NamespaceId = context.Request.Namespace.ToString(),
        };
    }

    private async ValueTask<Outcome<GroupWritten>> WriteAsync(
        string? id, GroupRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var fields = new GroupFields(request.Name, request.Type, request.Metadata, request.Policies, request.MemberEntityIds, request.MemberGroupIds);
        var written = await changes.WriteAsync(id, fields, context, cancellationToken);
        if (!written.Succeeded)
            return written.Failure;
        // A change answers nothing, as in Vault.
        return new(written.Value.IsNew ? new GroupWritten(written.Value.Record.Id, written.Value.Record.Name) : null!);
    }

    private async ValueTask<Outcome<GroupResponse>> ReadByNameAsync(
        IdentityNameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await ShowAsync(await EntityRoutes.IdOfAsync(RecordsOf(context).GroupNames, request.Name, cancellationToken), context, cancellationToken);

    private async ValueTask<Outcome<Nothing>> DeleteByNameAsync(
        IdentityNameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await EntityRoutes.IdOfAsync(RecordsOf(context).GroupNames, request.Name, cancellationToken) is { } id
            ? await changes.DeleteAsync(id, context, cancellationToken)
            : Outcome.Done;

    private async ValueTask<Outcome<IdentityKeys<GroupInfo>>> ListAsync(
        IdentityListRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var table = await mounts(cancellationToken);
        return await IdentityListing.IdsAsync<GroupRecord, GroupInfo>(
            RecordsOf(context).Groups,
            IdentityJson.Group,
            request,
            (_, group, _) => new(group.Deleting
                ? null
                : new GroupInfo(group.Name, group.Type, group.ParentIds.Count, GroupAliasResponse.Of(group, table))),
            cancellationToken);
    }

    private IdentityRecords RecordsOf(RequestContext context) => space.Of(context.Request.Namespace);
}
