using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using Kist.Auth.AppRole.Stored;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Logins;
using Kist.Core.Pipeline;

namespace Kist.Auth.AppRole.Roles;

internal sealed record RoleNameRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }
}

internal sealed record RoleResponse : TokenSettingsResponse
{
    [SetsRequiredMembers]
    public RoleResponse(RoleRecord role)
        : base(role.Token)
    {
        BindSecretId = role.BindSecretId;
        SecretIdBoundCidrs = role.SecretIdBoundCidrs;
        SecretIdNumUses = role.SecretIdNumUses;
        SecretIdTtl = role.SecretIdTtl;
        LocalSecretIds = role.LocalSecretIds;
    }

    [Description("A login needs a secret id.")]
    public bool BindSecretId { get; }

    [Description("Networks from which one may log in; empty for all.")]
    public IReadOnlyList<string> SecretIdBoundCidrs { get; }

    [Description("How many logins a new secret id is good for; 0 is unlimited.")]
    public int SecretIdNumUses { get; }

    [Description("TTL of a new secret id, in seconds; 0 for no end.")]
    public TimeSpan SecretIdTtl { get; }

    [Description("As it was set when the role was made.")]
    public bool LocalSecretIds { get; }
}

/// <summary><c>GET role/name</c>.</summary>
internal static class ReadRole
{
    public static async ValueTask<Outcome<RoleResponse>> HandleAsync(RoleNameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var role = await FindAsync(request.RoleName, context, cancellationToken);
        return role.Succeeded ? new RoleResponse(role.Value.Record) : role.Failure;
    }

    /// <summary>The role that a request reads.</summary>
    public static async ValueTask<Outcome<StoredRecord<RoleRecord>>> FindAsync(string roleName, RequestContext context, CancellationToken cancellationToken)
    {
        var name = RoleName.Parse(roleName);
        if (!name.Succeeded)
            return name.Failure;
        return await AppRoleStore.ReadRoleAsync(context.Storage, name.Value, cancellationToken) is { } role ? role : Failure.NotFound();
    }
}
