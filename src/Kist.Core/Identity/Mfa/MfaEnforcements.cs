using Kist.Core.Mounts;
using Kist.Core.Namespaces;

namespace Kist.Core.Identity.Mfa;

/// <summary>What a login must satisfy.</summary>
/// <param name="EntityId">Who logs in; where theirs was merged into another entity meanwhile, that one.</param>
/// <param name="All">Each must be satisfied, by one of its methods.</param>
internal sealed record MfaDemands(string EntityId, IReadOnlyList<MfaEnforcement> All);

/// <summary>Says who must prove more at a login.</summary>
internal sealed class MfaEnforcements(MfaRecords mfa, IdentityResolver resolver)
{
    /// <summary>Writes the empty record of enforcements where there is none.</summary>
    public async Task SetUpAsync(CancellationToken cancellationToken)
    {
        if (await mfa.ReadEnforcementsAsync(cancellationToken) is not null)
            return;
        // A conflict means that another node was first.
        _ = await mfa.Root.Begin().Require(mfa.Root, MfaRecords.EnforcementsName, 0)
            .Put(mfa.Root, MfaRecords.EnforcementsName, new MfaEnforcementsRecord(), MfaJson.Enforcements).CommitAsync(cancellationToken);
    }

    /// <summary>What a login must satisfy; a failure when it must and nobody stands behind it who could.</summary>
    public async ValueTask<Outcome<MfaDemands>> DemandsAsync(string entityId, Mount mount, CancellationToken cancellationToken)
    {
        if (await mfa.ReadEnforcementsAsync(cancellationToken) is not { Record.Items: { Count: > 0 } all })
            return new MfaDemands(entityId, []);
        var entity = entityId.Length == 0 ? null : await resolver.ResolveAsync(NamespaceId.Root, entityId, cancellationToken);
        if (entityId.Length > 0 && entity is null)
            return Failure.Denied;
        IReadOnlyList<MfaEnforcement> demands = [.. all.Where(e => Applies(e, entity, mount))];
        return demands.Count > 0 && entity is null ? MfaService.Refused : new MfaDemands(entity?.Id ?? entityId, demands);
    }

    private static bool Applies(MfaEnforcement enforcement, ResolvedEntity? entity, Mount mount) =>
        enforcement.Accessors.Contains(mount.Accessor, StringComparer.Ordinal)
        || enforcement.Types.Contains(mount.TypeName, StringComparer.Ordinal)
        || (entity is not null && (AppliesTo(enforcement.EntityIds, entity) || AppliesToGroups(enforcement.GroupIds, entity)));

    // Who was merged into another entity logs in as that one, and must prove no less than before.
    private static bool AppliesTo(IReadOnlyList<string> ids, ResolvedEntity entity) =>
        ids.Count > 0 && (ids.Contains(entity.Id, StringComparer.Ordinal) || entity.Record.MergedIds.Any(m => ids.Contains(m, StringComparer.Ordinal)));

    private static bool AppliesToGroups(IReadOnlyList<string> ids, ResolvedEntity entity) =>
        ids.Count > 0 && entity.Direct.Concat(entity.Inherited).Any(g => ids.Contains(g.Id, StringComparer.Ordinal));
}
