using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;
using Kist.Core.Storage;

namespace Kist.Core.Identity.Changes;

/// <summary>What an operator says of a group; null leaves what is there.</summary>
internal sealed record GroupFields(
    string? Name,
    string? Type,
    IReadOnlyDictionary<string, string>? Metadata,
    IReadOnlyList<string>? Policies,
    IReadOnlyList<string>? Entities,
    IReadOnlyList<string>? Groups);

/// <summary>
/// Makes, changes and deletes groups. A group and a few changes of its members are one commit. Many members are changed in steps: first who leaves,
/// then the
/// group itself, then who enters, so that nobody has for a moment what neither the old nor the new group gives; what a crash leaves undone, the same
/// request
/// does again.
/// </summary>
internal sealed class GroupChanges(IdentitySpace space, TimeProvider clock)
{
    /// <summary>Changes the group with an id, or, without one, the one with the name; makes one when there is none.</summary>
    public async ValueTask<Outcome<Written<GroupRecord>>> WriteAsync(
        string? id, GroupFields fields, RequestContext context, CancellationToken cancellationToken)
    {
        var records = space.Of(context.Request.Namespace);
        var members = new GroupMembers(records);
        IReadOnlyList<MemberChange> left = [];
        var written = await records.ChangeAsync(context, WriteAsync, cancellationToken);
        if (!written.Succeeded || left.Count == 0)
            return written;
        var group = written.Value.Record.Id;
        foreach (var step in left.Chunk(GroupMembers.ChangesOfCommit))
        {
            var added = await records.ChangeAsync(context, (change, ct) => members.AddAsync(change, group, step, ct), cancellationToken);
            if (!added.Succeeded)
                return added.Failure;
        }
        return written;

        async ValueTask<Outcome<Written<GroupRecord>>> WriteAsync(Transaction change, CancellationToken ct)
        {
            var found = await FindAsync(records, change, id, fields.Name, ct);
            if (!found.Succeeded)
                return found.Failure;
            var composed = Compose(fields, found.Value?.Record);
            if (!composed.Succeeded)
                return composed.Failure;
            var next = composed.Value;
            var planned = await members.PlanAsync(next, found.Value is null, fields.Entities, fields.Groups, ct);
            if (!planned.Succeeded)
                return planned.Failure;
            var gone = planned.Value.Where(m => !m.Enters).ToList();
            if (gone.Count > GroupMembers.ChangesOfCommit)
            {
                var removed = await RemoveAsync(next.Id, gone, ct);
                if (!removed.Succeeded)
                    return removed.Failure;
                gone = [];
            }
            List<MemberChange> now = [.. gone, .. planned.Value.Where(m => m.Enters)];
            left = now.Count > GroupMembers.ChangesOfCommit ? [.. now.Skip(GroupMembers.ChangesOfCommit)] : [];
            change.Put(records, next, found.Value?.Revision ?? 0);
            if (await EntityChanges.RenameAsync(records.GroupNames, change, found.Value?.Record.Name, next.Name, next.Id, "group", ct) is { } taken)
                return taken;
            var applied = await members.ApplyAsync(change, next, found.Value is null, [.. now.Take(GroupMembers.ChangesOfCommit)], ct);
            return applied.Succeeded ? new Written<GroupRecord>(next, found.Value is null) : applied.Failure;
        }

        async ValueTask<Outcome<Nothing>> RemoveAsync(string group, IEnumerable<MemberChange> gone, CancellationToken ct)
        {
            foreach (var step in gone.Chunk(GroupMembers.ChangesOfCommit))
            {
                var removed = await records.ChangeAsync(context, (change, token) => members.RemoveAsync(change, group, step, token), ct);
                if (!removed.Succeeded)
                    return removed;
            }
            return Outcome.Done;
        }
    }

    /// <summary>
    /// Deletes a group; one that is not there is no error. It is gone for everybody with the first commit; its members are told in steps.
    /// </summary>
    public async ValueTask<Outcome<Nothing>> DeleteAsync(string id, RequestContext context, CancellationToken cancellationToken)
    {
        var records = space.Of(context.Request.Namespace);
        var marked = await records.ChangeAsync(context, MarkAsync, cancellationToken);
        if (!marked.Succeeded)
            return marked.Failure;
        return marked.Value ? await new GroupRemoval(records).FinishAsync(id, fence: null, context, cancellationToken) : Outcome.Done;

        async ValueTask<Outcome<bool>> MarkAsync(Transaction change, CancellationToken ct)
        {
            if (await records.ReadGroupAsync(id, ct) is not { } stored)
                return false;
            var group = stored.Record;
            if (group.Deleting)
                return true;
            if (group.Alias is { } alias)
                change.Delete(records.GroupAliases, alias.Id).Delete(records.GroupAliasKeys, alias.Key);
            change.Put(records, group with { Deleting = true, Alias = null, UpdatedAt = clock.GetUtcNow() }, stored.Revision)
                .Put(records.Deleting, id, ReadOnlyMemory<byte>.Empty)
                .Delete(records.GroupNames, IdentityNames.KeyOf(group.Name));
            return true;
        }
    }

    /// <summary>A new group's record, with nothing in it.</summary>
    public static GroupRecord New(DateTimeOffset now)
    {
        var id = IdentityRecords.NewId();
        return new GroupRecord { Id = id, Name = "group-" + id, CreatedAt = now };
    }

    private static async ValueTask<Outcome<StoredRecord<GroupRecord>?>> FindAsync(
        IdentityRecords records, Transaction change, string? id, string? name, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(id))
        {
            var byId = await records.ReadGroupAsync(id, cancellationToken);
            if (byId is { Record.Deleting: false })
                return byId;
            if (IdentityRecords.IsId(id))
                change.Require(records.Groups, id, byId?.Revision ?? 0);
            return IdentityFailures.NoGroup;
        }
        if (string.IsNullOrEmpty(name))
            return (StoredRecord<GroupRecord>?)null;
        if (IdentityNames.Check(name) is { } bad)
            return bad;
        var key = IdentityNames.KeyOf(name);
        if (await IdentityRecords.ReadPointerAsync(records.GroupNames, key, cancellationToken) is not { } pointer)
        {
            // Whoever makes it meanwhile makes the one that is meant.
            change.Require(records.GroupNames, key, 0);
            return (StoredRecord<GroupRecord>?)null;
        }
        var byName = await records.ReadGroupAsync(pointer.Record.Id, cancellationToken);
        if (byName is { Record: { Deleting: false } group } && IdentityNames.KeyOf(group.Name) == key)
            return byName;
        // It was renamed or deleted meanwhile: the commit fails, and both are read again.
        change.Require(records.GroupNames, key, pointer.Revision).Require(records.Groups, pointer.Record.Id, 0);
        return IdentityCommits.Contention;
    }

    private Outcome<GroupRecord> Compose(GroupFields fields, GroupRecord? was)
    {
        var now = clock.GetUtcNow();
        var type = string.IsNullOrEmpty(fields.Type) ? was?.Type ?? GroupRecord.Internal : fields.Type;
        if (!string.IsNullOrEmpty(fields.Name) && IdentityNames.Check(fields.Name) is { } badName)
            return badName;
        if (type is not (GroupRecord.Internal or GroupRecord.External))
            return Failure.Invalid("identity.group_type", "field \"type\": must be internal or external");
        if (was is not null && was.Type != type)
            return Failure.Invalid("identity.group_type", "group type cannot be changed");
        if (type == GroupRecord.External && fields.Entities is not null)
            return Failure.Invalid("identity.external_members", "member entities can't be set manually for external groups");
        if (type == GroupRecord.External && fields.Groups is not null)
            return Failure.Invalid("identity.external_members", "member groups can't be set for external groups");
        var group = was ?? New(now);
        var next = group with
        {
            Name = string.IsNullOrEmpty(fields.Name) ? group.Name : fields.Name,
            Type = type,
            Metadata = fields.Metadata ?? group.Metadata,
            Policies = fields.Policies is { } policies ? Tokens.TokenPolicyRules.Names(policies) : group.Policies,
            UpdatedAt = now,
            ModifyIndex = group.ModifyIndex + 1,
        };
        return (IdentityFailures.CheckPolicies(next.Policies) ?? IdentityRecords.CheckSize(next)) is { } bad ? bad : next;
    }
}

/// <summary>
/// Ends what the deletion of a group has begun: nobody names it any more, and then it is gone. Safe on any number of nodes at once.
/// </summary>
internal sealed class GroupRemoval(IdentityRecords records)
{
    /// <summary>Ends it.</summary>
    /// <param name="id">The group's.</param>
    /// <param name="fence">A precondition for every commit, or null.</param>
    /// <param name="context">Gets the index; null when nobody is answered.</param>
    /// <param name="cancellationToken">Ends it between two commits.</param>
    public async ValueTask<Outcome<Nothing>> FinishAsync(string id, Precondition? fence, RequestContext? context, CancellationToken cancellationToken)
    {
        var members = new GroupMembers(records);
        while (true)
        {
            var entities = await records.MembersOf(id).ScanAsync("", GroupMembers.ChangesOfCommit, cancellationToken);
            var children = entities.Count > 0 ? [] : await records.ChildrenOf(id).ScanAsync("", GroupMembers.ChangesOfCommit, cancellationToken);
            List<MemberChange> gone =
            [
                .. entities.Select(e => new MemberChange(e, IsGroup: false, Enters: false)),
                .. children.Select(c => new MemberChange(c, IsGroup: true, Enters: false)),
            ];
            var step = await records.ChangeAsync(context, StepAsync, cancellationToken);
            if (!step.Succeeded || step.Value)
                return step.Succeeded ? Outcome.Done : step.Failure;

            async ValueTask<Outcome<bool>> StepAsync(Transaction change, CancellationToken ct)
            {
                if (fence is { } held)
                    change.Require(held);
                if (gone.Count > 0)
                {
                    var removed = await members.RemoveAsync(change, id, gone, ct);
                    if (!removed.Succeeded)
                        return removed.Failure;
                    return false;
                }
                if (await records.ReadGroupAsync(id, ct) is not { } stored)
                {
                    change.Delete(records.Deleting, id);
                    return true;
                }
                foreach (var parent in stored.Record.ParentIds)
                    change.Delete(records.ChildrenOf(parent), id);
                change.Require(records.Groups, id, stored.Revision).Delete(records.Groups, id).Delete(records.Deleting, id);
                return true;
            }
        }
    }
}
