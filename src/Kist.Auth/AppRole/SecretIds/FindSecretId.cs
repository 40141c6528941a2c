using System.ComponentModel;
using Kist.Auth.AppRole.Roles;
using Kist.Auth.AppRole.Stored;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Crypto;

namespace Kist.Auth.AppRole.SecretIds;

internal sealed record SecretIdRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("The secret id.")]
    public SecretText? SecretId { get; init; }
}

internal sealed record SecretIdAccessorRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("Accessor of the secret id.")]
    public string? SecretIdAccessor { get; init; }
}

internal sealed record SecretIdResponse
{
    [Description("Names the secret id without granting anything.")]
    public required string SecretIdAccessor { get; init; }

    [Description("Networks from which one may log in with it; empty for those of the role.")]
    public IReadOnlyList<string> CidrList { get; init; } = [];

    [Description("Networks of its tokens; empty for those of the role.")]
    public IReadOnlyList<string> TokenBoundCidrs { get; init; } = [];

    [Description("Metadata of its tokens.")]
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    [Description("How many logins it is still good for; 0 is unlimited.")]
    public int SecretIdNumUses { get; init; }

    [Description("Its TTL when it was made, in seconds; 0 for no end.")]
    public TimeSpan SecretIdTtl { get; init; }

    [Description("When it was made.")]
    public DateTimeOffset CreationTime { get; init; }

    [Description("When it ends; 0001-01-01T00:00:00Z for never.")]
    public DateTimeOffset ExpirationTime { get; init; }

    [Description("When it was made or last used, if its uses are counted.")]
    public DateTimeOffset LastUpdatedTime { get; init; }

    public static SecretIdResponse Of(SecretIdRecord secretId) => new()
    {
        SecretIdAccessor = secretId.Accessor,
        CidrList = secretId.Cidrs,
        TokenBoundCidrs = secretId.TokenBoundCidrs,
        Metadata = secretId.Metadata,
        SecretIdNumUses = secretId.NumUses,
        SecretIdTtl = secretId.Ttl,
        CreationTime = secretId.Created,
        ExpirationTime = secretId.ExpiresAt ?? DateTimeOffset.MinValue,
        LastUpdatedTime = secretId.Updated,
    };
}

/// <summary><c>secret-id/lookup</c> and <c>secret-id-accessor/lookup</c>.</summary>
internal sealed class FindSecretId(TimeProvider clock)
{
    public async ValueTask<Outcome<SecretIdResponse>> BySecretIdAsync(SecretIdRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.SecretId is not { Utf8.IsEmpty: false } secretId)
            return AppRoleFailures.Missing("secret_id");
        var role = await ReadRole.FindAsync(request.RoleName, context, cancellationToken);
        if (!role.Succeeded)
            return role.Failure;
        var hash = AppRoleStore.HashSecretId(context.Storage, role.Value.Record, secretId.Utf8);
        return await AnswerAsync(role.Value.Record, hash, context, cancellationToken);
    }

    public async ValueTask<Outcome<SecretIdResponse>> ByAccessorAsync(
        SecretIdAccessorRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.SecretIdAccessor is not { Length: > 0 } accessor)
            return AppRoleFailures.Missing("secret_id_accessor");
        var role = await ReadRole.FindAsync(request.RoleName, context, cancellationToken);
        if (!role.Succeeded)
            return role.Failure;
        return await AppRoleStore.ReadAccessorAsync(context.Storage, role.Value.Record.Id, accessor, cancellationToken) is { } hash
            ? await AnswerAsync(role.Value.Record, hash, context, cancellationToken)
            : Failure.NotFound();
    }

    private async ValueTask<Outcome<SecretIdResponse>> AnswerAsync(
        RoleRecord role, string hash, RequestContext context, CancellationToken cancellationToken) =>
        await AppRoleStore.ReadSecretIdAsync(context.Storage, role.Id, hash, cancellationToken) is { Record: var found } && found.IsAlive(clock.GetUtcNow())
            ? SecretIdResponse.Of(found)
            : Failure.NotFound();
}
