using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;

namespace Kist.Core.Identity.Changes;

/// <summary>What an operator says of an entity; null leaves what is there.</summary>
internal sealed record EntityFields(
    string? Name, IReadOnlyDictionary<string, string>? Metadata, IReadOnlyList<string>? Policies, bool? Disabled);

/// <summary>What a write did.</summary>
/// <param name="Record">As it stands now.</param>
/// <param name="IsNew">False when it was there before.</param>
internal readonly record struct Written<T>(T Record, bool IsNew);

/// <summary>Makes, changes and deletes entities.</summary>
internal sealed class EntityChanges(IdentitySpace space, TimeProvider clock)
{
    private const int MergedIdsOfStep = 60;

    /// <summary>Changes the entity with an id, or, without one, the one with the name; makes one when there is none.</summary>
    public ValueTask<Outcome<Written<EntityRecord>>> WriteAsync(
        string? id, EntityFields fields, RequestContext context, CancellationToken cancellationToken)
    {
        var records = space.Of(context.Request.Namespace);
        return records.ChangeAsync(context, WriteAsync, cancellationToken);

        async ValueTask<Outcome<Written<EntityRecord>>> WriteAsync(Transaction change, CancellationToken ct)
        {
            if (!string.IsNullOrEmpty(fields.Name) && IdentityNames.Check(fields.Name) is { } badName)
                return badName;
            var found = await FindAsync(records, change, id, fields.Name, ct);
            if (!found.Succeeded)
                return found.Failure;
            var now = clock.GetUtcNow();
            var newId = IdentityRecords.NewId();
            var was = found.Value?.Record ?? new EntityRecord { Id = newId, Name = "entity-" + newId, CreatedAt = now };
            var entity = Apply(fields, was) with { UpdatedAt = now };
            if ((IdentityFailures.CheckPolicies(entity.Policies) ?? IdentityRecords.CheckSize(entity)) is { } bad)
                return bad;
            change.Put(records, entity, found.Value?.Revision ?? 0);
            return await RenameAsync(records.EntityNames, change, found.Value?.Record.Name, entity.Name, entity.Id, "entity", ct) is { } taken
                ? taken
                : new Written<EntityRecord>(entity, found.Value is null);
        }
    }

    /// <summary>Deletes an entity with its aliases; one that is not there is no error. Its tokens are refused from the first step on.</summary>
    public async ValueTask<Outcome<Nothing>> DeleteAsync(string id, RequestContext context, CancellationToken cancellationToken)
    {
        var records = space.Of(context.Request.Namespace);
        while (true)
        {
            var step = await records.ChangeAsync(context, (change, ct) => DeleteStepAsync(records, change, id, ct), cancellationToken);
            if (!step.Succeeded)
                return step.Failure;
            if (step.Value)
                return Outcome.Done;
        }
    }

    /// <summary>Lets a new name lead to a record, and the old one to nothing; a failure when it leads elsewhere.</summary>
    public static async ValueTask<Failure?> RenameAsync(
        StorageView names, Transaction change, string? from, string to, string id, string what, CancellationToken cancellationToken)
    {
        if (string.Equals(from, to, StringComparison.Ordinal))
            return null;
        var key = IdentityNames.KeyOf(to);
        var taken = await IdentityRecords.ReadPointerAsync(names, key, cancellationToken);
        change.PointName(names, to, id, taken?.Revision ?? 0);
        if (from is not null && IdentityNames.KeyOf(from) is var old && !string.Equals(old, key, StringComparison.Ordinal))
            change.Delete(names, old);
        return taken is { } other && !string.Equals(other.Record.Id, id, StringComparison.Ordinal) ? IdentityFailures.NameInUse(what) : null;
    }

    private static async ValueTask<Outcome<StoredRecord<EntityRecord>?>> FindAsync(
        IdentityRecords records, Transaction change, string? id, string? name, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(id))
        {
            var byId = await records.ReadEntityAsync(id, cancellationToken);
            if (byId is { Record.MergedInto.Length: 0 })
                return byId;
            if (IdentityRecords.IsId(id))
                change.Require(records.Entities, id, byId?.Revision ?? 0);
            return IdentityFailures.NoEntity;
        }
        if (string.IsNullOrEmpty(name))
            return (StoredRecord<EntityRecord>?)null;
        var key = IdentityNames.KeyOf(name);
        if (await IdentityRecords.ReadPointerAsync(records.EntityNames, key, cancellationToken) is not { } pointer)
        {
            // Whoever makes it meanwhile makes the one that is meant.
            change.Require(records.EntityNames, key, 0);
            return (StoredRecord<EntityRecord>?)null;
        }
        var byName = await records.ReadEntityAsync(pointer.Record.Id, cancellationToken);
        // Only with an entity that was renamed or deleted meanwhile can name and record not fit; then the commit fails and both are read again.
        return byName is null || IdentityNames.KeyOf(byName.Value.Record.Name) != IdentityNames.KeyOf(name)
            ? Stale(records, change, pointer, name)
            : byName;
    }

    private static Failure Stale(IdentityRecords records, Transaction change, StoredRecord<IdentityPointer> pointer, string name)
    {
        change.Require(records.EntityNames, IdentityNames.KeyOf(name), pointer.Revision).Require(records.Entities, pointer.Record.Id, 0);
        return IdentityCommits.Contention;
    }

    private static EntityRecord Apply(EntityFields fields, EntityRecord entity) => entity with
    {
        Name = string.IsNullOrEmpty(fields.Name) ? entity.Name : fields.Name,
        Metadata = fields.Metadata ?? entity.Metadata,
        Policies = fields.Policies is { } policies ? Tokens.TokenPolicyRules.Names(policies) : entity.Policies,
        Disabled = fields.Disabled ?? entity.Disabled,
    };

    // True when it is gone. What is too much for one commit goes before the entity itself, which is of no use from then on.
    private static async ValueTask<Outcome<bool>> DeleteStepAsync(
        IdentityRecords records, Transaction change, string id, CancellationToken cancellationToken)
    {
        if (await records.ReadEntityAsync(id, cancellationToken) is not { Record: { MergedInto.Length: 0 } entity } stored)
            return true;
        // Of merged ones too: what was made for them as they were merged has stayed.
        foreach (var owner in entity.MergedIds.Take(MergedIdsOfStep).Prepend(id))
        {
            var secrets = records.Mfa.Folder($"secret/{owner}/");
            if (await secrets.ScanAsync("", MergedIdsOfStep, cancellationToken) is not { Count: > 0 } found)
                continue;
            foreach (var secret in found)
                change.Delete(secrets, secret);
            change.Put(records, entity with { Disabled = true }, stored.Revision);
            return false;
        }
        if (entity.MergedIds.Count > 0)
        {
            foreach (var merged in entity.MergedIds.Take(MergedIdsOfStep))
                change.Delete(records.Entities, merged);
            change.Put(records, entity with { Disabled = true, MergedIds = [.. entity.MergedIds.Skip(MergedIdsOfStep)] }, stored.Revision);
            return false;
        }
        var groups = entity.Groups.Take(IdentityRecords.GroupsOfCommit);
        foreach (var membership in groups)
            change.Delete(records.MembersOf(membership.Group), id);
        if (entity.Groups.Count > IdentityRecords.GroupsOfCommit)
        {
            change.Put(records, entity with { Disabled = true, Groups = [.. entity.Groups.Skip(IdentityRecords.GroupsOfCommit)] }, stored.Revision);
            return false;
        }
        foreach (var alias in entity.Aliases)
            change.Delete(records.Aliases, alias.Id).Delete(records.AliasKeys, records.KeyOf(alias.Mount, alias.Name));
        change.Require(records.Entities, id, stored.Revision).Delete(records.Entities, id)
            .Delete(records.EntityNames, IdentityNames.KeyOf(entity.Name));
        return true;
    }
}
