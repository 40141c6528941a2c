using Kist.Core.Identity.Stored;
using Kist.Core.Mounts;

namespace Kist.Core.Identity.Routes;

internal sealed record EntityWritten(string Id, string Name, IReadOnlyList<string>? Aliases);

internal sealed record GroupWritten(string Id, string Name);

internal sealed record AliasWritten(string Id, string CanonicalId);

internal sealed record IdentityKeys(IReadOnlyList<string> Keys);

internal sealed record IdentityKeys<T>(IReadOnlyList<string> Keys, IReadOnlyDictionary<string, T> KeyInfo);

internal sealed record EntityInfo(string Name, IReadOnlyList<AliasResponse> Aliases);

internal sealed record GroupInfo(string Name, string Type, int NumParentGroups, GroupAliasResponse? Alias);

internal sealed record AliasResponse
{
    public required string Id { get; init; }

    public required string CanonicalId { get; init; }

    public required string Name { get; init; }

    public required string MountAccessor { get; init; }

    public required string MountPath { get; init; }

    public required string MountType { get; init; }

    public required IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public required IReadOnlyDictionary<string, string>? CustomMetadata { get; init; }

    public required DateTimeOffset CreationTime { get; init; }

    public required DateTimeOffset LastUpdateTime { get; init; }

    public required IReadOnlyList<string>? MergedFromCanonicalIds { get; init; }

    /// <summary>Always false: all aliases are in the store that all nodes share.</summary>
    public bool Local { get; init; }

    public static AliasResponse Of(AliasRecord alias, string entity, MountTable mounts) => new()
    {
        Id = alias.Id,
        CanonicalId = entity,
        Name = alias.Name,
        MountAccessor = alias.Accessor,
        MountPath = mounts.PathOf(alias.Mount),
        MountType = alias.MountType,
        Metadata = alias.Metadata.OrNull(),
        CustomMetadata = alias.CustomMetadata.OrNull(),
        CreationTime = alias.CreatedAt,
        LastUpdateTime = alias.UpdatedAt,
        MergedFromCanonicalIds = alias.MergedFrom.Count > 0 ? alias.MergedFrom : null,
    };
}

internal sealed record EntityResponse
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public required IReadOnlyList<string> Policies { get; init; }

    public required bool Disabled { get; init; }

    public required IReadOnlyList<AliasResponse> Aliases { get; init; }

    public required IReadOnlyList<string> DirectGroupIds { get; init; }

    public required IReadOnlyList<string> InheritedGroupIds { get; init; }

    public required IReadOnlyList<string> GroupIds { get; init; }

    public required IReadOnlyList<string>? MergedEntityIds { get; init; }

    public required DateTimeOffset CreationTime { get; init; }

    public required DateTimeOffset LastUpdateTime { get; init; }

    public required string NamespaceId { get; init; }

    public static EntityResponse Of(ResolvedEntity resolved, MountTable mounts, string ns)
    {
        var entity = resolved.Record;
        IReadOnlyList<string> direct = [.. resolved.Direct.Select(g => g.Id)];
        IReadOnlyList<string> inherited = [.. resolved.Inherited.Select(g => g.Id)];
        return new EntityResponse
        {
            Id = entity.Id,
            Name = entity.Name,
            Metadata = entity.Metadata.OrNull(),
            Policies = entity.Policies,
            Disabled = entity.Disabled,
            Aliases = [.. entity.Aliases.Select(a => AliasResponse.Of(a, entity.Id, mounts))],
            DirectGroupIds = direct,
            InheritedGroupIds = inherited,
            GroupIds = [.. direct, .. inherited],
            MergedEntityIds = entity.MergedIds.Count > 0 ? entity.MergedIds : null,
            CreationTime = entity.CreatedAt,
            LastUpdateTime = entity.UpdatedAt,
            NamespaceId = ns,
        };
    }
}

internal sealed record GroupAliasResponse
{
    public required string Id { get; init; }

    public required string CanonicalId { get; init; }

    public required string Name { get; init; }

    public required string MountAccessor { get; init; }

    public required string MountPath { get; init; }

    public required string MountType { get; init; }

    public required DateTimeOffset CreationTime { get; init; }

    public required DateTimeOffset LastUpdateTime { get; init; }

    public static GroupAliasResponse? Of(GroupRecord group, MountTable mounts) => group.Alias is not { } alias ? null : new()
    {
        Id = alias.Id,
        CanonicalId = group.Id,
        Name = alias.Name,
        MountAccessor = alias.Accessor,
        MountPath = mounts.PathOf(alias.Mount),
        MountType = alias.MountType,
        CreationTime = alias.CreatedAt,
        LastUpdateTime = alias.UpdatedAt,
    };
}

internal sealed record GroupResponse
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Type { get; init; }

    public required IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public required IReadOnlyList<string> Policies { get; init; }

    public required IReadOnlyList<string> MemberEntityIds { get; init; }

    public required IReadOnlyList<string> MemberGroupIds { get; init; }

    public required IReadOnlyList<string> ParentGroupIds { get; init; }

    /// <summary>Null for an internal group and for one without.</summary>
    public required GroupAliasResponse? Alias { get; init; }

    public required long ModifyIndex { get; init; }

    public required DateTimeOffset CreationTime { get; init; }

    public required DateTimeOffset LastUpdateTime { get; init; }

    public required string NamespaceId { get; init; }
}

internal static class IdentityMaps
{
    /// <summary>As Vault answers a map with nothing in it.</summary>
    public static IReadOnlyDictionary<string, string>? OrNull(this IReadOnlyDictionary<string, string> map) => map.Count > 0 ? map : null;
}
