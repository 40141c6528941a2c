using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;

namespace Kist.Core.Identity.Changes;

/// <summary>What an operator says of an alias; null or empty leaves what is there.</summary>
internal sealed record AliasFields(string? Name, string? CanonicalId, string? MountAccessor, IReadOnlyDictionary<string, string>? CustomMetadata);

/// <summary>An alias and the entity that it belongs to.</summary>
internal sealed record EntityAlias(AliasRecord Alias, string EntityId);

/// <summary>Makes, changes, moves and deletes the aliases of entities.</summary>
internal sealed class AliasChanges(IdentitySpace space, MountsLookup mounts, TimeProvider clock)
{
    /// <summary>Finds an alias with its entity; null when there is none.</summary>
    public static async ValueTask<(StoredRecord<EntityRecord> Entity, AliasRecord Alias)?> FindAsync(
        IdentityRecords records, string id, CancellationToken cancellationToken)
    {
        if (!IdentityRecords.IsId(id) || await IdentityRecords.ReadPointerAsync(records.Aliases, id, cancellationToken) is not { } pointer)
            return null;
        return await records.ReadEntityAsync(pointer.Record.Id, cancellationToken) is { } stored
            && stored.Record.Aliases.FirstOrDefault(a => a.Id == id) is { } alias
            ? (stored, alias)
            : null;
    }

    /// <summary>
    /// Changes the alias with an id, or, without one, the one that the mount calls so; makes one when there is none, and an entity when none is
    /// named.
    /// </summary>
    public ValueTask<Outcome<EntityAlias>> WriteAsync(string? id, AliasFields fields, RequestContext context, CancellationToken cancellationToken)
    {
        var records = space.Of(context.Request.Namespace);
        return records.ChangeAsync(context, WriteAsync, cancellationToken);

        async ValueTask<Outcome<EntityAlias>> WriteAsync(Transaction change, CancellationToken ct)
        {
            var table = await mounts(ct);
            (StoredRecord<EntityRecord> Entity, AliasRecord Alias)? found;
            if (string.IsNullOrEmpty(id))
            {
                if (string.IsNullOrEmpty(fields.Name))
                    return IdentityFailures.Missing("name");
                if (string.IsNullOrEmpty(fields.MountAccessor))
                    return IdentityFailures.Missing("mount_accessor");
                if ((IdentityNames.CheckAlias(fields.Name) ?? CheckMount(table, fields.MountAccessor)) is { } bad)
                    return bad;
                var key = records.KeyOf(table.ByAccessor(fields.MountAccessor)!.Id, fields.Name);
                found = await FindByKeyAsync(records, key, ct);
            }
            else if (await FindAsync(records, id, ct) is { } known)
            {
                found = known;
            }
            else
            {
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
            if (await FindAsync(records, id, ct) is not { } found)
            {
                if (IdentityRecords.IsId(id))
                    change.Require(records.Aliases, id, 0);
                return Outcome.Done;
            }
            Remove(records, change, found.Alias);
            change.Put(records, Without(records, change, found.Entity.Record, found.Alias), found.Entity.Revision);
            return Outcome.Done;
        }
    }

    /// <summary>Takes an alias out of the indexes.</summary>
    public static void Remove(IdentityRecords records, Transaction change, AliasRecord alias) =>
        change.Delete(records.Aliases, alias.Id).Delete(records.AliasKeys, records.KeyOf(alias.Mount, alias.Name));

    private static async ValueTask<(StoredRecord<EntityRecord> Entity, AliasRecord Alias)?> FindByKeyAsync(
        IdentityRecords records, string key, CancellationToken cancellationToken)
    {
        if (await IdentityRecords.ReadPointerAsync(records.AliasKeys, key, cancellationToken) is not { } pointer
            || await records.ReadEntityAsync(pointer.Record.Id, cancellationToken) is not { } stored)
            return null;
        return stored.Record.Aliases.FirstOrDefault(a => records.KeyOf(a.Mount, a.Name) == key) is { } alias ? (stored, alias) : null;
    }

    private async ValueTask<Outcome<EntityAlias>> ApplyAsync(
        IdentityRecords records,
        Transaction change,
        MountTable table,
        (StoredRecord<EntityRecord> Entity, AliasRecord Alias)? found,
        AliasFields fields,
        CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var changed = Changed(table, found?.Alias, fields, now);
        if (!changed.Succeeded)
            return changed.Failure;
        var target = await TargetAsync(records, found?.Entity, fields.CanonicalId, now, cancellationToken);
        if (!target.Succeeded)
            return target.Failure;
        var (alias, entity) = (changed.Value, target.Value.Record);
        var moves = found is { } at && at.Entity.Record.Id != entity.Id;
        List<AliasRecord> others = [.. entity.Aliases.Where(a => a.Id != alias.Id)];
        if (others.Exists(a => a.Mount == alias.Mount))
            return Failure.Invalid("identity.alias_exists", "the entity already has an alias of this mount; change or delete that one");
        if (others.Count >= IdentityRecords.MaxAliases)
            return IdentityFailures.TooManyAliases;
        var next = entity with { Aliases = [.. others, alias], UpdatedAt = now };
        if (IdentityRecords.CheckSize(next) is { } tooLarge)
            return tooLarge;
        change.Put(records, next, target.Value.Revision);
        if (target.Value.Revision == 0)
            change.PointName(records.EntityNames, next.Name, next.Id, 0);
        if (moves)
            change.Put(records, Without(records, change, found!.Value.Entity.Record, found.Value.Alias), found.Value.Entity.Revision);
        if (table.ById(MountsOfAliases.IdOf(alias.Mount))?.Guard is { } guard)
            change.Guards.Add(guard);
        return await IndexAsync(records, change, found?.Alias, alias, next.Id, cancellationToken) is { } taken
            ? taken
            : new EntityAlias(alias, next.Id);
    }

    private static async ValueTask<Failure?> IndexAsync(
        IdentityRecords records, Transaction change, AliasRecord? was, AliasRecord alias, string entity, CancellationToken cancellationToken)
    {
        var key = records.KeyOf(alias.Mount, alias.Name);
        var there = await IdentityRecords.ReadPointerAsync(records.AliasKeys, key, cancellationToken);
        change.Require(records.AliasKeys, key, there?.Revision ?? 0).Point(records.AliasKeys, key, entity).Point(records.Aliases, alias.Id, entity);
        var old = was is null ? null : records.KeyOf(was.Mount, was.Name);
        if (old is not null && old != key)
            change.Delete(records.AliasKeys, old);
        return there is not null && old != key ? Failure.Invalid("identity.alias_in_use", "another alias of the mount has this name") : null;
    }

    private static Outcome<AliasRecord> Changed(MountTable table, AliasRecord? was, AliasFields fields, DateTimeOffset now)
    {
        var alias = was ?? new AliasRecord { Id = IdentityRecords.NewId(), Mount = "", Accessor = "", MountType = "", Name = "", CreatedAt = now };
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
            : alias with { Name = name, CustomMetadata = fields.CustomMetadata ?? alias.CustomMetadata, UpdatedAt = now };
    }

    private static Failure? CheckMount(MountTable table, string accessor) =>
        table.ByAccessor(accessor) is { Kind: MountKind.Auth, State: not MountState.Removing } ? null : IdentityFailures.NoMount(accessor);

    // The entity that the alias shall belong to: the one that is named, its own, or a new one.
    private static async ValueTask<Outcome<StoredRecord<EntityRecord>>> TargetAsync(
        IdentityRecords records, StoredRecord<EntityRecord>? own, string? canonicalId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(canonicalId))
            return await records.ReadEntityAsync(canonicalId, cancellationToken) is { Record.MergedInto.Length: 0 } named
                ? named
                : Failure.Invalid("identity.no_entity", "invalid canonical ID");
        if (own is { } same)
            return same;
        var id = IdentityRecords.NewId();
        return new StoredRecord<EntityRecord>(new EntityRecord { Id = id, Name = "entity-" + id, CreatedAt = now, UpdatedAt = now }, 0);
    }

    // With the memberships that the mount has vouched for, which count no more. Those that a commit has no room for go at the next login or with the
    // group.
    private EntityRecord Without(IdentityRecords records, Transaction change, EntityRecord entity, AliasRecord alias)
    {
        var vouched = entity.Groups.Where(m => m.Alias.StartsWith(alias.Mount + "/", StringComparison.Ordinal))
            .Take(IdentityRecords.GroupsOfCommit).ToList();
        foreach (var membership in vouched)
            change.Delete(records.MembersOf(membership.Group), entity.Id);
        return entity with
        {
            Aliases = [.. entity.Aliases.Where(a => a.Id != alias.Id)],
            Groups = [.. entity.Groups.Except(vouched)],
            UpdatedAt = clock.GetUtcNow(),
        };
    }
}
