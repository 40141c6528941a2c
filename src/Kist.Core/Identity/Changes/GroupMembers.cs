using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;

namespace Kist.Core.Identity.Changes;

/// <summary>An entity or group enters a group or leaves it.</summary>
internal readonly record struct MemberChange(string Id, bool IsGroup, bool Enters);

/// <summary>Who is in a group: each member names the group in its own record, and an index of the group leads to its members.</summary>
internal sealed class GroupMembers(IdentityRecords records)
{
    /// <summary>Most members whose records one commit changes: as large as they may be, they fit.</summary>
    public const int ChangesOfCommit = 32;

    /// <summary>Most groups that a group is in, at any distance: all are looked at when it gets members.</summary>
    public const int MaxAncestors = 40;

    /// <summary>The entities in a group.</summary>
    public async ValueTask<IReadOnlyList<string>> EntitiesAsync(GroupRecord group, CancellationToken cancellationToken)
    {
        var view = records.MembersOf(group.Id);
        if (group.Type == GroupRecord.Internal)
            return await view.ScanAsync("", 0, cancellationToken);
        var members = new List<string>();
        var after = "";
        while (await view.RangeAsync("", after, 500, cancellationToken) is { Count: > 0 } page)
        {
            // What a former alias of the group has said counts no more.
            members.AddRange(page.Where(p => Read(p.Value).Alias == group.Alias?.Key).Select(p => p.Key));
            after = page[^1].Key;
        }
        return members;

        static MemberNote Read(StoredValue value) => System.Text.Json.JsonSerializer.Deserialize(value.Value.Span, IdentityJson.Note)!;
    }

    /// <summary>The groups in a group.</summary>
    public ValueTask<IReadOnlyList<string>> GroupsAsync(string group, CancellationToken cancellationToken) =>
        records.ChildrenOf(group).ScanAsync("", 0, cancellationToken);

    /// <summary>What must change for a group to have exactly these members; null leaves them. Those that leave come first.</summary>
    public async ValueTask<Outcome<IReadOnlyList<MemberChange>>> PlanAsync(
        GroupRecord group, bool isNew, IReadOnlyList<string>? entities, IReadOnlyList<string>? groups, CancellationToken cancellationToken)
    {
        var changes = new List<MemberChange>();
        if (entities is not null)
        {
            var wanted = new HashSet<string>(StringComparer.Ordinal);
            foreach (var id in entities)
            {
                if (await IdentityResolver.FindAsync(records, id, cancellationToken) is not { Record: var entity })
                    return Failure.Invalid("identity.no_entity", "field \"member_entity_ids\": an id is not that of an entity");
                wanted.Add(entity.Id);
            }
            var there = isNew ? [] : await records.MembersOf(group.Id).ScanAsync("", 0, cancellationToken);
            Compare(wanted, there, isGroup: false);
        }
        if (groups is not null)
        {
            var wanted = new HashSet<string>(StringComparer.Ordinal);
            foreach (var id in groups)
            {
                if (await records.ReadGroupAsync(id, cancellationToken) is not { Record.Deleting: false })
                    return Failure.Invalid("identity.no_group", "field \"member_group_ids\": an id is not that of a group");
                wanted.Add(id);
            }
            var there = isNew ? [] : await GroupsAsync(group.Id, cancellationToken);
            Compare(wanted, there, isGroup: true);
        }
        return new Outcome<IReadOnlyList<MemberChange>>([.. changes.OrderBy(c => c.Enters)]);

        void Compare(HashSet<string> wanted, IReadOnlyList<string> there, bool isGroup)
        {
            var has = there.ToHashSet(StringComparer.Ordinal);
            changes.AddRange(there.Where(id => !wanted.Contains(id)).Select(id => new MemberChange(id, isGroup, Enters: false)));
            changes.AddRange(wanted.Where(id => !has.Contains(id)).Select(id => new MemberChange(id, isGroup, Enters: true)));
        }
    }

    /// <summary>Adds members to a group that must still be there.</summary>
    public async ValueTask<Outcome<Nothing>> AddAsync(
        Transaction change, string groupId, IReadOnlyList<MemberChange> entering, CancellationToken cancellationToken)
    {
        if (await records.ReadGroupAsync(groupId, cancellationToken) is not { Record: { Deleting: false } group } stored)
            return IdentityFailures.NoGroup;
        change.Require(records.Groups, groupId, stored.Revision);
        return await ApplyAsync(change, group, isNew: false, entering, cancellationToken);
    }

    /// <summary>Takes members out of a group; whether it is still there does not matter.</summary>
    public async ValueTask<Outcome<Nothing>> RemoveAsync(
        Transaction change, string groupId, IReadOnlyList<MemberChange> leaving, CancellationToken cancellationToken)
    {
        foreach (var member in leaving)
        {
            if (member.IsGroup)
                await RemoveGroupAsync(change, groupId, member.Id, cancellationToken);
            else
                await RemoveEntityAsync(change, groupId, member.Id, cancellationToken);
        }
        return Outcome.Done;
    }

    /// <summary>Adds all of it to the transaction that writes the group.</summary>
    public async ValueTask<Outcome<Nothing>> ApplyAsync(
        Transaction change, GroupRecord group, bool isNew, IReadOnlyList<MemberChange> members, CancellationToken cancellationToken)
    {
        _ = await RemoveAsync(change, group.Id, [.. members.Where(m => !m.Enters)], cancellationToken);
        HashSet<string>? above = null;
        foreach (var member in members.Where(m => m.Enters))
        {
            if (member.IsGroup && above is null)
            {
                var looked = await AncestorsAsync(change, group, cancellationToken);
                if (!looked.Succeeded)
                    return looked.Failure;
                above = looked.Value;
            }
            var added = member.IsGroup
                ? await AddGroupAsync(change, group.Id, member.Id, above!, cancellationToken)
                : await AddEntityAsync(change, group.Id, member.Id, cancellationToken);
            if (added is not null)
                return added;
        }
        return Outcome.Done;
    }

    private async ValueTask<Failure?> AddEntityAsync(Transaction change, string group, string id, CancellationToken cancellationToken)
    {
        if (await records.ReadEntityAsync(id, cancellationToken) is not { Record: { MergedInto.Length: 0 } entity } stored)
            return IdentityFailures.NoEntity;
        var membership = new Membership(group, "");
        var next = entity.Groups.Contains(membership) ? entity : entity with { Groups = [.. entity.Groups, membership] };
        if (IdentityRecords.CheckSize(next) is { } tooLarge)
            return tooLarge;
        change.Put(records, next, stored.Revision).Note(records, membership, id);
        return null;
    }

    private async ValueTask RemoveEntityAsync(Transaction change, string group, string id, CancellationToken cancellationToken)
    {
        change.Delete(records.MembersOf(group), id);
        var stored = await records.ReadEntityAsync(id, cancellationToken);
        if (stored is { Record: { } entity } && entity.Groups.Any(m => m.Group == group))
            change.Put(records, entity with { Groups = [.. entity.Groups.Where(m => m.Group != group)] }, stored.Value.Revision);
        else if (IdentityRecords.IsId(id))
            change.Require(records.Entities, id, stored?.Revision ?? 0);
    }

    private async ValueTask<Failure?> AddGroupAsync(
        Transaction change, string group, string id, HashSet<string> above, CancellationToken cancellationToken)
    {
        if (id == group || above.Contains(id))
            return Failure.Invalid("identity.group_cycle", "a group cannot be in itself, nor in a group that it is in");
        if (await records.ReadGroupAsync(id, cancellationToken) is not { Record: { Deleting: false } child } stored)
            return IdentityFailures.NoGroup;
        var next = child.ParentIds.Contains(group, StringComparer.Ordinal) ? child : child with { ParentIds = [.. child.ParentIds, group] };
        if (next.ParentIds.Count > MaxAncestors)
            return TooManyAncestors();
        change.Put(records, next, stored.Revision).Put(records.ChildrenOf(group), id, ReadOnlyMemory<byte>.Empty);
        return null;
    }

    private async ValueTask RemoveGroupAsync(Transaction change, string group, string id, CancellationToken cancellationToken)
    {
        change.Delete(records.ChildrenOf(group), id);
        var stored = await records.ReadGroupAsync(id, cancellationToken);
        if (stored is { Record: { } child } && child.ParentIds.Contains(group, StringComparer.Ordinal))
            change.Put(records, child with { ParentIds = [.. child.ParentIds.Where(p => p != group)] }, stored.Value.Revision);
        else if (IdentityRecords.IsId(id))
            change.Require(records.Groups, id, stored?.Revision ?? 0);
    }

    // All groups above one, each as a precondition: two changes that together would close a circle cannot both be made.
    private async ValueTask<Outcome<HashSet<string>>> AncestorsAsync(Transaction change, GroupRecord group, CancellationToken cancellationToken)
    {
        var above = new HashSet<string>(StringComparer.Ordinal);
        var next = new Queue<string>(group.ParentIds);
        while (next.TryDequeue(out var id))
        {
            if (!above.Add(id))
                continue;
            if (above.Count > MaxAncestors)
                return TooManyAncestors();
            var stored = await records.ReadGroupAsync(id, cancellationToken);
            change.Require(records.Groups, id, stored?.Revision ?? 0);
            foreach (var parent in stored?.Record.ParentIds ?? [])
                next.Enqueue(parent);
        }
        return above;
    }

    private static Failure TooManyAncestors() =>
        Failure.Invalid("identity.too_many_ancestors", $"a group is in at most {MaxAncestors} groups, at any distance");
}
