using System.ComponentModel;
using Kist.Core.Audit;

namespace Kist.Core.Identity.Routes;

internal sealed record IdentityListRequest
{
    [Description("Answer only names greater than this, which need not exist.")]
    public string? After { get; init; }

    [Description("Most names to answer; 0 for all.")]
    [AuditPlain]
    public int Limit { get; init; }
}

internal sealed record IdentityIdRequest
{
    [Description("The id.")]
    public string? Id { get; init; }
}

internal sealed record IdentityNameRequest
{
    [Description("The name; upper and lower case are the same.")]
    public string? Name { get; init; }
}

internal sealed record EntityRequest
{
    [Description("The name; entity-ID if not given. Upper and lower case are the same.")]
    public string? Name { get; init; }

    [Description("The entity to change.")]
    public string? Id { get; init; }

    [Description("Metadata, for templated policies and for people.")]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    [Description("Policies that the entity's tokens have besides their own.")]
    public IReadOnlyList<string>? Policies { get; init; }

    [Description("Nobody can log in as the entity, and its tokens are refused, until this is false again.")]
    public bool? Disabled { get; init; }
}

internal sealed record EntityBatchDeleteRequest
{
    [Description("The entities to delete.")]
    public IReadOnlyList<string>? EntityIds { get; init; }
}

internal sealed record EntityMergeRequest
{
    [Description("The entities that end.")]
    public IReadOnlyList<string>? FromEntityIds { get; init; }

    [Description("The entity that they become.")]
    public string? ToEntityId { get; init; }

    [Description("Taken for compatibility: secrets of login MFA are not merged.")]
    public bool? Force { get; init; }

    [Description("Of two aliases of one mount, the one to keep; needs exactly one from-entity.")]
    public IReadOnlyList<string>? ConflictingAliasIdsToKeep { get; init; }
}

internal sealed record EntityAliasRequest
{
    [Description("What the auth method calls the entity, letter by letter.")]
    public string? Name { get; init; }

    [Description("The alias to change.")]
    public string? Id { get; init; }

    [Description("The entity that it belongs to; a new one if not given.")]
    public string? CanonicalId { get; init; }

    [Description("Accessor of the auth method's mount.")]
    public string? MountAccessor { get; init; }

    [Description("Metadata of your own, for templated policies; that of logins stands beside it.")]
    public IReadOnlyDictionary<string, string>? CustomMetadata { get; init; }
}

internal sealed record GroupRequest
{
    [Description("The name; group-ID if not given. Upper and lower case are the same.")]
    public string? Name { get; init; }

    [Description("The group to change.")]
    public string? Id { get; init; }

    [Description("internal (default), whose members are named here, or external, whose members are named by logins.")]
    public string? Type { get; init; }

    [Description("Metadata, for templated policies and for people.")]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    [Description("Policies that the tokens of all members have besides their own.")]
    public IReadOnlyList<string>? Policies { get; init; }

    [Description("The entities in it, all of them; those that are not named leave it.")]
    public IReadOnlyList<string>? MemberEntityIds { get; init; }

    [Description("The groups in it, all of them; those that are not named leave it.")]
    public IReadOnlyList<string>? MemberGroupIds { get; init; }
}

internal sealed record GroupAliasRequest
{
    [Description("What the auth method calls the group, letter by letter.")]
    public string? Name { get; init; }

    [Description("The alias to change.")]
    public string? Id { get; init; }

    [Description("The external group that it belongs to; a new one if not given.")]
    public string? CanonicalId { get; init; }

    [Description("Accessor of the auth method's mount.")]
    public string? MountAccessor { get; init; }
}

internal sealed record IdentityLookupRequest
{
    [Description("Its name.")]
    public string? Name { get; init; }

    [Description("Its id.")]
    public string? Id { get; init; }

    [Description("The id of an alias of it.")]
    public string? AliasId { get; init; }

    [Description("The name of an alias of it; goes with alias_mount_accessor.")]
    public string? AliasName { get; init; }

    [Description("Accessor of the mount of the alias; goes with alias_name.")]
    public string? AliasMountAccessor { get; init; }
}
