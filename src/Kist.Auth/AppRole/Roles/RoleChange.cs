using Kist.Auth.AppRole.Stored;
using Kist.Core;
using Kist.Core.Logins;

namespace Kist.Auth.AppRole.Roles;

/// <summary>What a request changes of a role, by whatever path it came; null leaves a property as it is.</summary>
internal sealed record RoleChange : TokenSettingsRequest
{
    public string? RoleId { get; init; }

    public bool? BindSecretId { get; init; }

    public IReadOnlyList<string>? SecretIdBoundCidrs { get; init; }

    public int? SecretIdNumUses { get; init; }

    public TimeSpan? SecretIdTtl { get; init; }

    public bool? LocalSecretIds { get; init; }

    /// <summary>The changed role, or what is wrong with it.</summary>
    public Outcome<RoleRecord> ApplyTo(RoleRecord role)
    {
        var token = ApplyTo(role.Token);
        if (!token.Succeeded)
            return token.Failure;
        var changed = role with
        {
            RoleId = RoleId ?? role.RoleId,
            BindSecretId = BindSecretId ?? role.BindSecretId,
            SecretIdBoundCidrs = SecretIdBoundCidrs ?? role.SecretIdBoundCidrs,
            SecretIdNumUses = SecretIdNumUses ?? role.SecretIdNumUses,
            SecretIdTtl = SecretIdTtl ?? role.SecretIdTtl,
            LocalSecretIds = LocalSecretIds ?? role.LocalSecretIds,
            Token = token.Value,
        };
        return changed.Check() is { } bad ? bad : changed;
    }
}
