using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;

namespace Kist.Core.Identity.Changes;

/// <summary>What an operator says of the alias of a group; null or empty leaves what is there.</summary>
internal sealed record GroupAliasFields(string? Name, string? CanonicalId, string? MountAccessor);

/// <summary>
/// Makes, changes, moves and deletes the aliases of external groups. Who is in a group by an alias is there no more once it is called otherwise.
/// </summary>
internal sealed class GroupAliasChanges(IdentitySpace space, MountsLookup mounts, TimeProvider clock)
{
    /// <summary>The group that has an alias; null when there is none.</summary>
    public static async ValueTask<StoredRecord<GroupRecord>?> FindAsync(IdentityRecords records, string id, CancellationToken cancellationToken)
    {
        if (!IdentityRecords.IsId(id) || await IdentityRecords.ReadPointerAsync(records.GroupAliases, id, cancellationToken) is not { } pointer)
            return null;
        return await records.ReadGroupAsync(pointer.Record.Id, cancellationToken) is { Record.Alias: { } alias } stored && alias.Id == id
            ? stored
            : null;
    }

    /// <summary>
    /// Changes the alias with an id, or, without one, the one that the mount calls so; makes one when there is none, and an external group when none
    /// is named.
    /// </summary>
    public ValueTask<Outcome<GroupRecord>> WriteAsync(
        string? id, GroupAliasFields fields, RequestContext context, CancellationToken cancellationToken)
    {
        var records = space.Of(context.Request.Namespace);
        return records.ChangeAsync(context, WriteAsync, cancellationToken);

        async ValueTask<Outcome<GroupRecord>> WriteAsync(Transaction change, CancellationToken ct)
        {
            var table = await mounts(ct);
            StoredRecord<GroupRecord>? found;
            if (string.IsNullOrEmpty(id))
            {
                if (string.IsNullOrEmpty(fields.Name))
                    return IdentityFailures.Missing("name");
                if (string.IsNullOrEmpty(fields.MountAccessor))
                    return IdentityFailures.Missing("mount_accessor");
                if ((IdentityNames.CheckAlias(fields.Name) ?? CheckMount(table, fields.MountAccessor)) is { } bad)
                    return bad;
                found = await FindByKeyAsync(records, records.KeyOf(table.ByAccessor(fields.MountAccessor)!.Id, fields.Name), ct);
            }
            else
            {
                found = await FindAsync(records, id, ct);
                if (found is null)
                    return IdentityFailures.NoAlias;
            }
            return await ApplyAsync(records, change, table, found, fields, ct);
        }
    }

    /// <summary>Deletes an alias; one that is not there is no error.</summary>
    public ValueTask<Outcome<Nothing>> DeleteAsync(string id, RequestContext context, CancellationToken cancellationToken)
    {
        var records = space.Of(context.Request.Namespace);
        return records.ChangeAsync(context, DeleteAsync, cancellationToken);

        async ValueTask<Outcome<Nothing>> DeleteAsync(Transaction change, CancellationToken ct)
        {
            if (await FindAsync(records, id, ct) is { Record: var group } stored)
                Remove(records, change, group, stored.Revision, clock.GetUtcNow());
            else if (IdentityRecords.IsId(id))
                change.Require(records.GroupAliases, id, 0);
            return Outcome.Done;
        }
    }

    /// <summary>Takes its alias from a group.</summary>
    public static void Remove(IdentityRecords records, Transaction change, GroupRecord group, long revision, DateTimeOffset now) =>
        change.Delete(records.GroupAliases, group.Alias!.Id).Delete(records.GroupAliasKeys, group.Alias.Key)
            .Put(records, group with { Alias = null, UpdatedAt = now, ModifyIndex = group.ModifyIndex + 1 }, revision);

    private static async ValueTask<StoredRecord<GroupRecord>?> FindByKeyAsync(
        IdentityRecords records, string key, CancellationToken cancellationToken) =>
        await IdentityRecords.ReadPointerAsync(records.GroupAliasKeys, key, cancellationToken) is { } pointer
            && await records.ReadGroupAsync(pointer.Record.Id, cancellationToken) is { Record.Alias: { } alias } stored && alias.Key == key
            ? stored
            : null;

    private async ValueTask<Outcome<GroupRecord>> ApplyAsync(
        IdentityRecords records,
        Transaction change,
        MountTable table,
        StoredRecord<GroupRecord>? found,
        GroupAliasFields fields,
        CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var was = found?.Record.Alias;
        var composed = Compose(records, table, was, fields, now);
        if (!composed.Succeeded)
            return composed.Failure;
        var alias = composed.Value;
        var target = await TargetAsync(records, found, fields.CanonicalId, now, cancellationToken);
        if (!target.Succeeded)
            return target.Failure;
        var group = target.Value.Record;
        if (group.Type != GroupRecord.External)
            return Failure.Invalid("identity.internal_alias", "alias can't be set on an internal group");
        if (group.Alias is { } other && other.Id != alias.Id)
            return Failure.Invalid("identity.alias_exists", "the group already has an alias; change or delete that one");
        var next = group with { Alias = alias, UpdatedAt = now, ModifyIndex = group.ModifyIndex + 1 };
        if (IdentityRecords.CheckSize(next) is { } tooLarge)
            return tooLarge;
        change.Put(records, next, target.Value.Revision);
        if (target.Value.Revision == 0)
            change.PointName(records.GroupNames, next.Name, next.Id, 0);
        if (found is { } from && from.Record.Id != next.Id)
            change.Put(records, from.Record with { Alias = null, UpdatedAt = now, ModifyIndex = from.Record.ModifyIndex + 1 }, from.Revision);
        if (table.ById(MountsOfAliases.IdOf(alias.Mount))?.Guard is { } guard)
            change.Guards.Add(guard);
        var there = await IdentityRecords.ReadPointerAsync(records.GroupAliasKeys, alias.Key, cancellationToken);
        change.Require(records.GroupAliasKeys, alias.Key, there?.Revision ?? 0)
            .Point(records.GroupAliasKeys, alias.Key, next.Id)
            .Point(records.GroupAliases, alias.Id, next.Id);
        if (was is not null && was.Key != alias.Key)
            change.Delete(records.GroupAliasKeys, was.Key);
        return there is not null && was?.Key != alias.Key
            ? Failure.Invalid("identity.alias_in_use", "another group has an alias of the mount with this name")
            : next;
    }

    private static Outcome<GroupAliasRecord> Compose(
        IdentityRecords records, MountTable table, GroupAliasRecord? was, GroupAliasFields fields, DateTimeOffset now)
    {
        var id = IdentityRecords.NewId();
        var alias = was ?? new GroupAliasRecord { Id = id, Mount = "", Accessor = "", MountType = "", Name = "", Key = "", CreatedAt = now };
        if (!string.IsNullOrEmpty(fields.MountAccessor) && fields.MountAccessor != alias.Accessor)
        {
            if (CheckMount(table, fields.MountAccessor) is { } bad)
                return bad;
            var mount = table.ByAccessor(fields.MountAccessor)!;
            alias = alias with { Mount = MountRecord.IdOf(mount.Id), Accessor = mount.Accessor, MountType = mount.TypeName };
        }
        var name = string.IsNullOrEmpty(fields.Name) ? alias.Name : fields.Name;
        return IdentityNames.CheckAlias(name) is { } badName
            ? badName
            : alias with { Name = name, Key = records.KeyOf(alias.Mount, name), UpdatedAt = now };
    }

    private static Failure? CheckMount(MountTable table, string accessor) =>
        table.ByAccessor(accessor) is { Kind: MountKind.Auth, State: not MountState.Removing } ? null : IdentityFailures.NoMount(accessor);

    private static async ValueTask<Outcome<StoredRecord<GroupRecord>>> TargetAsync(
        IdentityRecords records, StoredRecord<GroupRecord>? own, string? canonicalId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(canonicalId))
            return await records.ReadGroupAsync(canonicalId, cancellationToken) is { Record.Deleting: false } named
                ? named
                : IdentityFailures.NoGroup;
        return own ?? new StoredRecord<GroupRecord>(GroupChanges.New(now) with { Type = GroupRecord.External, UpdatedAt = now }, 0);
    }
}
