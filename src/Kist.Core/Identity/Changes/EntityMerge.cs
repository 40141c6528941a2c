using Kist.Core.Barrier;
using Kist.Core.Identity.Mfa;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;

namespace Kist.Core.Identity.Changes;

/// <summary>Which entities become one.</summary>
/// <param name="From">What ends.</param>
/// <param name="To">What stays.</param>
/// <param name="Keep">Of two aliases of one mount, the one that stays.</param>
internal sealed record EntityMergePlan(IReadOnlyList<string> From, string To, IReadOnlyList<string> Keep);

/// <summary>
/// Merges entities: aliases and memberships of one go to another, and its tokens belong to that from then on. Its policies and metadata go. Each
/// entity is
/// merged in one commit, but for the secrets of its authenticator apps and memberships beyond a number, which the other one gets before.
/// </summary>
internal sealed class EntityMerge(IdentitySpace space, TimeProvider clock)
{
    /// <summary>Merges. When a later one of several fails, the earlier ones stay merged; all are looked at before the first.</summary>
    public async ValueTask<Outcome<Nothing>> MergeAsync(EntityMergePlan plan, RequestContext context, CancellationToken cancellationToken)
    {
        var records = space.Of(context.Request.Namespace);
        if (await CheckAsync(records, plan, cancellationToken) is { } refused)
            return refused;
        using var opened = new OpenedBytes();
        foreach (var from in plan.From)
        {
            while (true)
            {
                var step = await records.ChangeAsync(context, (change, ct) => StepAsync(records, change, from, plan, opened, ct), cancellationToken);
                if (!step.Succeeded)
                    return step.Failure;
                if (step.Value)
                    break;
            }
        }
        return Outcome.Done;
    }

    private static async ValueTask<Failure?> CheckAsync(IdentityRecords records, EntityMergePlan plan, CancellationToken cancellationToken)
    {
        if (plan.From.Count > 1 && plan.Keep.Count > 0)
            return Failure.Invalid(
                "identity.merge_conflict", "aliases conflicts cannot be resolved with multiple from entity ids - merge one entity at a time");
        if (plan.From.Contains(plan.To, StringComparer.Ordinal))
            return Failure.Invalid("identity.merge_itself", "to_entity_id should not be present in from_entity_ids");
        if (await records.ReadEntityAsync(plan.To, cancellationToken) is not { Record: { MergedInto.Length: 0 } to })
            return Failure.Invalid("identity.no_entity", "entity id to merge to is invalid");
        var mounts = to.Aliases.Select(a => a.Mount).ToHashSet(StringComparer.Ordinal);
        foreach (var id in plan.From)
        {
            if (await records.ReadEntityAsync(id, cancellationToken) is not { Record: { MergedInto.Length: 0 } from })
                return Failure.Invalid("identity.no_entity", "entity id to merge from is invalid");
            if (plan.Keep.Count == 0 && from.Aliases.FirstOrDefault(a => !mounts.Add(a.Mount)) is { } clash)
                return Clash(clash.Accessor);
        }
        return null;
    }

    private static Failure Clash(string accessor) => Failure.Invalid(
        "identity.merge_conflict",
        $"the entities have aliases with the same mount accessor \"{accessor}\": "
        + "merge one from-entity at a time and name the alias to keep in conflicting_alias_ids_to_keep");

    // True when the entity is merged.
    private async ValueTask<Outcome<bool>> StepAsync(
        IdentityRecords records, Transaction change, string fromId, EntityMergePlan plan, OpenedBytes opened, CancellationToken cancellationToken)
    {
        if (await records.ReadEntityAsync(fromId, cancellationToken) is not { } storedFrom
            || await records.ReadEntityAsync(plan.To, cancellationToken) is not { } storedTo)
            return IdentityFailures.NoEntity;
        var (from, to) = (storedFrom.Record, storedTo.Record);
        if (from.MergedInto == to.Id)
            return true;
        if (from.MergedInto.Length > 0 || to.MergedInto.Length > 0)
            return IdentityFailures.NoEntity;
        if (await MfaSecretMove.MoveAsync(new MfaRecords(records.Mfa), change, from.Id, to.Id, opened, cancellationToken))
        {
            change.Require(records.Entities, from.Id, storedFrom.Revision).Require(records.Entities, to.Id, storedTo.Revision);
            return false;
        }
        if (from.Groups.Count > IdentityRecords.GroupsOfCommit)
            return MoveGroups(records, change, storedFrom, storedTo);
        var now = clock.GetUtcNow();
        var merged = MergeAliases(records, change, from, to, plan.Keep, now);
        if (!merged.Succeeded)
            return merged.Failure;
        var entity = merged.Value with
        {
            Groups = WithGroups(records, change, to, from.Groups, from.Id),
            MergedIds = [.. to.MergedIds, .. from.MergedIds, from.Id],
            UpdatedAt = now,
        };
        if (entity.Aliases.Count > IdentityRecords.MaxAliases)
            return IdentityFailures.TooManyAliases;
        if (IdentityRecords.CheckSize(entity) is { } tooLarge)
            return tooLarge;
        var trace = new EntityRecord { Id = from.Id, MergedInto = to.Id, CreatedAt = from.CreatedAt, UpdatedAt = now };
        change.Put(records, entity, storedTo.Revision).Put(records, trace, storedFrom.Revision)
            .Delete(records.EntityNames, IdentityNames.KeyOf(from.Name));
        return true;
    }

    private static Outcome<bool> MoveGroups(
        IdentityRecords records, Transaction change, StoredRecord<EntityRecord> from, StoredRecord<EntityRecord> to)
    {
        List<Membership> moved = [.. from.Record.Groups.Take(IdentityRecords.GroupsOfCommit)];
        var entity = to.Record with { Groups = WithGroups(records, change, to.Record, moved, from.Record.Id) };
        if (IdentityRecords.CheckSize(entity) is { } tooLarge)
            return tooLarge;
        change.Put(records, entity, to.Revision).Put(records, from.Record with { Groups = [.. from.Record.Groups.Except(moved)] }, from.Revision);
        return false;
    }

    private static IReadOnlyList<Membership> WithGroups(
        IdentityRecords records, Transaction change, EntityRecord to, IReadOnlyList<Membership> moved, string from)
    {
        var added = moved.Where(m => !to.Groups.Any(has => has.Group == m.Group)).ToList();
        foreach (var membership in moved)
            change.Delete(records.MembersOf(membership.Group), from);
        foreach (var membership in added)
            change.Note(records, membership, to.Id);
        return [.. to.Groups, .. added];
    }

    private static Outcome<EntityRecord> MergeAliases(
        IdentityRecords records, Transaction change, EntityRecord from, EntityRecord to, IReadOnlyList<string> keep, DateTimeOffset now)
    {
        var aliases = to.Aliases.ToList();
        foreach (var alias in from.Aliases)
        {
            if (aliases.Find(a => a.Mount == alias.Mount) is { } other)
            {
                if (keep.Contains(alias.Id, StringComparer.Ordinal) == keep.Contains(other.Id, StringComparer.Ordinal))
                    return Clash(alias.Accessor);
                var loser = keep.Contains(alias.Id, StringComparer.Ordinal) ? other : alias;
                change.Delete(records.Aliases, loser.Id).Delete(records.AliasKeys, records.KeyOf(loser.Mount, loser.Name));
                if (loser == alias)
                    continue;
                aliases.Remove(other);
            }
            aliases.Add(alias with { MergedFrom = [.. alias.MergedFrom, from.Id], UpdatedAt = now });
            change.Point(records.Aliases, alias.Id, to.Id).Point(records.AliasKeys, records.KeyOf(alias.Mount, alias.Name), to.Id);
        }
        return to with { Aliases = aliases };
    }
}
