using System.ComponentModel;
using Kist.Auth.AppRole.Stored;

namespace Kist.Auth.AppRole.Roles;

internal sealed record BindSecretIdRequest : IRolePropertyRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("A login needs a secret id.")]
    public bool? BindSecretId { get; init; }

    public RoleChange? ToChange() => BindSecretId is { } value ? new RoleChange { BindSecretId = value } : null;
}

internal sealed record BindSecretIdResponse
{
    [Description("A login needs a secret id.")]
    public required bool BindSecretId { get; init; }

    public static BindSecretIdResponse Of(RoleRecord role) => new() { BindSecretId = role.BindSecretId };
}

internal sealed record SecretIdNumUsesRequest : IRolePropertyRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("How many logins a new secret id is good for; 0 is unlimited.")]
    public int? SecretIdNumUses { get; init; }

    public RoleChange? ToChange() => SecretIdNumUses is { } value ? new RoleChange { SecretIdNumUses = value } : null;
}

internal sealed record SecretIdNumUsesResponse
{
    [Description("How many logins a new secret id is good for; 0 is unlimited.")]
    public required int SecretIdNumUses { get; init; }

    public static SecretIdNumUsesResponse Of(RoleRecord role) => new() { SecretIdNumUses = role.SecretIdNumUses };
}

internal sealed record SecretIdTtlRequest : IRolePropertyRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("TTL of a new secret id; 0 for no end.")]
    public TimeSpan? SecretIdTtl { get; init; }

    public RoleChange? ToChange() => SecretIdTtl is { } value ? new RoleChange { SecretIdTtl = value } : null;
}

internal sealed record SecretIdTtlResponse
{
    [Description("TTL of a new secret id; 0 for no end.")]
    public required TimeSpan SecretIdTtl { get; init; }

    public static SecretIdTtlResponse Of(RoleRecord role) => new() { SecretIdTtl = role.SecretIdTtl };
}

internal sealed record SecretIdBoundCidrsRequest : IRolePropertyRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("Networks (CIDR) from which one may log in; empty for all.")]
    public IReadOnlyList<string>? SecretIdBoundCidrs { get; init; }

    public RoleChange? ToChange() => SecretIdBoundCidrs is { } value ? new RoleChange { SecretIdBoundCidrs = value } : null;
}

internal sealed record SecretIdBoundCidrsResponse
{
    [Description("Networks (CIDR) from which one may log in; empty for all.")]
    public required IReadOnlyList<string> SecretIdBoundCidrs { get; init; }

    public static SecretIdBoundCidrsResponse Of(RoleRecord role) => new() { SecretIdBoundCidrs = role.SecretIdBoundCidrs };
}
