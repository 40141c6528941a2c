using System.Runtime.CompilerServices;
using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;
using Kist.Core.Namespaces;

namespace Kist.Core.Identity;

/// <summary>
/// Finds the entity of a token with its groups. All that it needs are point reads, so what is in memory is answered at once, and each answer is
/// checked against
/// the revisions of the records that it came of.
/// </summary>
internal sealed class IdentityResolver(IdentitySpace space)
{
    // Merges into what was merged itself; a longer chain is nobody's work.
    private const int LongestChain = 64;

    // One object a parsed record: what a changed entity or a sealed barrier drops is dropped here with it.
    private readonly ConditionalWeakTable<EntityRecord, ResolvedEntity> resolved = [];

    /// <summary>The enabled entity with an id, or the one that it was merged into; null when it is gone or disabled.</summary>
    public async ValueTask<ResolvedEntity?> ResolveAsync(NamespaceId ns, string id, CancellationToken cancellationToken)
    {
        var records = space.Of(ns);
        if (await FindAsync(records, id, cancellationToken) is not { Record: { Disabled: false } entity })
            return null;
        if (resolved.TryGetValue(entity, out var known) && await IsCurrentAsync(records, known, cancellationToken))
            return known;
        var next = await ResolveAsync(records, entity, cancellationToken);
        resolved.AddOrUpdate(entity, next);
        return next;
    }

    /// <summary>The entity with an id, or the one that it was merged into; null when there is none.</summary>
    public static async ValueTask<StoredRecord<EntityRecord>?> FindAsync(IdentityRecords records, string id, CancellationToken cancellationToken)
    {
        for (var hop = 0; hop < LongestChain; hop++)
        {
            if (await records.ReadEntityAsync(id, cancellationToken) is not { } stored)
                return null;
            if (stored.Record.MergedInto.Length == 0)
                return stored;
            id = stored.Record.MergedInto;
        }
        return null;
    }

    /// <summary>An entity's groups, whether it is enabled or not.</summary>
    public static async ValueTask<ResolvedEntity> ResolveAsync(IdentityRecords records, EntityRecord entity, CancellationToken cancellationToken)
    {
        var looked = new Dictionary<string, StoredRecord<GroupRecord>?>(StringComparer.Ordinal);
        var direct = new List<GroupRecord>();
        foreach (var membership in entity.Groups)
        {
            if (await LookAsync(membership.Group) is { } group && Counts(entity, membership, group))
                direct.Add(group);
        }
        var inherited = new List<GroupRecord>();
        var seen = direct.Select(g => g.Id).ToHashSet(StringComparer.Ordinal);
        var next = new Queue<string>(direct.SelectMany(g => g.ParentIds));
        while (next.TryDequeue(out var id))
        {
            if (!seen.Add(id) || await LookAsync(id) is not { } group)
                continue;
            inherited.Add(group);
            foreach (var parent in group.ParentIds)
                next.Enqueue(parent);
        }
        return new ResolvedEntity(entity, direct, inherited, [.. looked.Select(l => (l.Key, l.Value?.Revision ?? 0))]);

        async ValueTask<GroupRecord?> LookAsync(string id)
        {
            if (!looked.TryGetValue(id, out var stored))
                looked.Add(id, stored = await records.ReadGroupAsync(id, cancellationToken));
            return stored is { Record: { Deleting: false } group } ? group : null;
        }
    }

    // A login's word for an external group holds only as long as the group has the alias that was meant, and the entity one of the same mount.
    private static bool Counts(EntityRecord entity, Membership membership, GroupRecord group) => group.Type == GroupRecord.External
        ? group.Alias is { } alias && string.Equals(alias.Key, membership.Alias, StringComparison.Ordinal)
            && entity.Aliases.Any(a => string.Equals(a.Mount, alias.Mount, StringComparison.Ordinal))
        : membership.Alias.Length == 0;

    private static async ValueTask<bool> IsCurrentAsync(IdentityRecords records, ResolvedEntity known, CancellationToken cancellationToken)
    {
        for (var i = 0; i < known.Looked.Count; i++)
        {
            var (id, revision) = known.Looked[i];
            var stored = await records.ReadGroupAsync(id, cancellationToken);
            if ((stored?.Revision ?? 0) != revision)
                return false;
        }
        return true;
    }
}
