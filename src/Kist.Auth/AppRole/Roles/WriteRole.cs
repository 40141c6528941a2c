using System.ComponentModel;
using System.Security.Cryptography;
using System.Text;
using Kist.Auth.AppRole.Stored;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Logins;
using Kist.Core.Pipeline;
using Kist.Crypto;

namespace Kist.Auth.AppRole.Roles;

internal sealed record RoleRequest : TokenSettingsRequest
{
    [Description("Name of the role: letters, digits and underscores, with spaces, hyphens and dots between them; upper and lower case are the same.")]
    public required string RoleName { get; init; }

    [Description("The id by which programs log in; random for a new role if not given.")]
    public SecretText? RoleId { get; init; }

    [Description("A login needs a secret id; true for a new role if not given.")]
    public bool? BindSecretId { get; init; }

    [Description("Networks (CIDR) from which one may log in; all if not given.")]
    public IReadOnlyList<string>? SecretIdBoundCidrs { get; init; }

    [Description("How many logins a new secret id is good for; 0 is unlimited.")]
    public int? SecretIdNumUses { get; init; }

    [Description("TTL of a new secret id; 0 for no end.")]
    public TimeSpan? SecretIdTtl { get; init; }

    [Description("Accepted for compatibility when a role is made: all secret ids are local to the store.")]
    public bool? LocalSecretIds { get; init; }

    [Description("The former name of token_policies.")]
    public IReadOnlyList<string>? Policies { get; init; }

    [Description("The former name of token_period.")]
    public TimeSpan? Period { get; init; }

    public RoleChange ToChange() => new()
    {
        RoleId = RoleId?.Reveal(),
        BindSecretId = BindSecretId,
        SecretIdBoundCidrs = SecretIdBoundCidrs,
        SecretIdNumUses = SecretIdNumUses,
        SecretIdTtl = SecretIdTtl,
        LocalSecretIds = LocalSecretIds,
        TokenTtl = TokenTtl,
        TokenMaxTtl = TokenMaxTtl,
        TokenPolicies = TokenPolicies ?? Policies,
        TokenBoundCidrs = TokenBoundCidrs,
        TokenExplicitMaxTtl = TokenExplicitMaxTtl,
        TokenNoDefaultPolicy = TokenNoDefaultPolicy,
        TokenNumUses = TokenNumUses,
        TokenPeriod = TokenPeriod ?? Period,
        TokenType = TokenType,
    };
}

/// <summary><c>POST role/name</c>, and what the paths below it change: what is given is set, the rest stays.</summary>
internal sealed class WriteRole(Racing racing)
{
    /// <summary>Longest role id, in bytes of UTF-8.</summary>
    public const int MaxRoleIdBytes = 4096;

    private const int IdBytes = 16;

    private static readonly Failure RoleIdInUse = Failure.Invalid("approle.role_id_in_use", "role_id is already in use by another role");

    private static readonly Failure LocalIsFixed = Failure.Invalid("approle.local_is_fixed", "local_secret_ids can only be modified during role creation");

    public static async ValueTask<bool> ExistsAsync(RequestContext context, CancellationToken cancellationToken)
    {
        var name = RoleName.Parse(context.Parameters["role_name"]);
        return name.Succeeded && await AppRoleStore.ReadRoleAsync(context.Storage, name.Value, cancellationToken) is not null;
    }

    public async ValueTask<Outcome<Nothing>> HandleAsync(RoleRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = RoleName.Parse(request.RoleName);
        if (!name.Succeeded)
            return name.Failure;
        var change = request.ToChange();
        if (CheckRoleId(change.RoleId) is { } bad)
            return bad;
        var fresh = NewRole(change.RoleId);
        return await racing.CommitAsync<Nothing>(context, name.Value, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            var was = await AppRoleStore.ReadRoleAsync(context.Storage, name.Value, ct);
            // The caller's policies were asked for the one or for the other.
            if (was is null != (context.Request.Operation == Operation.Create))
                return Racing.Contention;
            if (was is { Record: var existing } && change.LocalSecretIds is { } local && local != existing.LocalSecretIds)
                return LocalIsFixed;
            return await ReplaceAsync(context.Storage, name.Value, was, change.ApplyTo(was?.Record ?? fresh), ct);
        }
    }

    /// <summary>Changes a role that exists.</summary>
    public async ValueTask<Outcome<Nothing>> ChangeAsync(string roleName, RoleChange change, RequestContext context, CancellationToken cancellationToken)
    {
        var name = RoleName.Parse(roleName);
        if (!name.Succeeded)
            return name.Failure;
        if (CheckRoleId(change.RoleId) is { } bad)
            return bad;
        return await racing.CommitAsync<Nothing>(context, name.Value, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct) =>
            await AppRoleStore.ReadRoleAsync(context.Storage, name.Value, ct) is { } was
                ? await ReplaceAsync(context.Storage, name.Value, was, change.ApplyTo(was.Record), ct)
                : AppRoleFailures.NoRole(name.Value);
    }

    private static RoleRecord NewRole(string? roleId) => new()
    {
        Id = RandomNumberGenerator.GetHexString(2 * IdBytes, lowercase: true),
        RoleId = roleId ?? RandomId.New(),
        Token = new TokenSettings(),
    };

    private static Failure? CheckRoleId(string? roleId)
    {
        if (roleId is null)
            return null;
        return roleId.Length > 0 && Encoding.UTF8.GetByteCount(roleId) <= MaxRoleIdBytes
            ? null
            : AppRoleFailures.Invalid("role_id", $"has 1 to {MaxRoleIdBytes} bytes");
    }

    // What was refused by an old look may be good by now.
    private static async ValueTask<Proposal<Nothing>> ReplaceAsync(
        StorageView storage, string name, StoredRecord<RoleRecord>? was, Outcome<RoleRecord> changed, CancellationToken cancellationToken)
    {
        var commit = AppRoleStore.Confirm(storage, name, was?.Revision ?? 0);
        if (!changed.Succeeded)
            return new(commit, changed.Failure);
        var next = changed.Value;
        commit.Put(storage, AppRoleStore.RolePath(name), next, AppRoleStoredJson.Default.RoleRecord);
        if (was is { Record.RoleId: var old } && old == next.RoleId)
            return new(commit, default(Nothing));
        var path = AppRoleStore.RoleIdPath(storage, next.RoleId);
        if (await AppRoleStore.ReadRoleIdAsync(storage, path, cancellationToken) is { } taken)
            return new(storage.Begin().Require(storage, path, taken.Revision), RoleIdInUse);
        commit.Require(storage, path, 0).Put(storage, path, new RoleIdRecord { Role = name }, AppRoleStoredJson.Default.RoleIdRecord);
        if (was is { Record: var former })
            commit.Delete(storage, AppRoleStore.RoleIdPath(storage, former.RoleId));
        return new(commit, default(Nothing));
    }
}
