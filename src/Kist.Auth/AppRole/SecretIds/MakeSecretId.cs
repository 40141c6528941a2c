using System.ComponentModel;
using Kist.Auth.AppRole.Stored;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Core.Routing.Fields;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Auth.AppRole.SecretIds;

internal record NewSecretIdRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("Metadata of the tokens, which audit records show: an object with string values, the same as JSON in a string, or k=v pairs.")]
    public RawJson Metadata { get; init; }

    [Description("Networks (CIDR) from which one may log in with it, within those of the role; those of the role if not given.")]
    public IReadOnlyList<string>? CidrList { get; init; }

    [Description("Networks (CIDR) of its tokens, within those of the role; those of the role if not given.")]
    public IReadOnlyList<string>? TokenBoundCidrs { get; init; }

    [Description("How many logins it is good for, at most what the role says; 0 is unlimited; what the role says if not given.")]
    public int? NumUses { get; init; }

    [Description("Its TTL, at most what the role says; 0 for no end; what the role says if not given.")]
    public TimeSpan? Ttl { get; init; }
}

internal sealed record CustomSecretIdRequest : NewSecretIdRequest
{
    [Description("The secret id, which nobody must be able to guess.")]
    public SecretText? SecretId { get; init; }
}

internal sealed record NewSecretIdResponse
{
    [Description("The secret id, which is told here and never again.")]
    public required SecretText SecretId { get; init; }

    [Description("Names the secret id without granting anything.")]
    public required string SecretIdAccessor { get; init; }

    [Description("Its TTL, in seconds; 0 for no end.")]
    public TimeSpan SecretIdTtl { get; init; }

    [Description("How many logins it is good for; 0 is unlimited.")]
    public int SecretIdNumUses { get; init; }
}

/// <summary><c>POST role/name/secret-id</c> and <c>custom-secret-id</c>.</summary>
internal sealed class MakeSecretId(TimeProvider clock, Racing racing)
{
    private const int FewBytes = 16;

    private static readonly Failure InUse = Failure.Invalid("approle.secret_id_in_use", "SecretID is already registered");

    private static readonly Failure NotBound = Failure.Invalid("approle.not_bound", "bind_secret_id is not set on the role, so it has no use for secret ids");

    public ValueTask<Outcome<NewSecretIdResponse>> RandomAsync(NewSecretIdRequest request, RequestContext context, CancellationToken cancellationToken) =>
        MakeAsync(request, new SecretText(RandomId.New()), context, cancellationToken);

    public async ValueTask<Outcome<NewSecretIdResponse>> CustomAsync(CustomSecretIdRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.SecretId is not { Utf8.IsEmpty: false } secretId)
            return AppRoleFailures.Missing("secret_id");
        if (secretId.Utf8.Length > LogIn.MaxIdBytes)
            return AppRoleFailures.Invalid("secret_id", $"has 1 to {LogIn.MaxIdBytes} bytes");
        if (secretId.Utf8.Length < FewBytes)
            context.Warn($"a secret id of fewer than {FewBytes} bytes can be guessed: nothing counts wrong ones");
        return await MakeAsync(request, secretId, context, cancellationToken);
    }

    private async ValueTask<Outcome<NewSecretIdResponse>> MakeAsync(
        NewSecretIdRequest request, SecretText secretId, RequestContext context, CancellationToken cancellationToken)
    {
        var name = RoleName.Parse(request.RoleName);
        if (!name.Succeeded)
            return name.Failure;
        var metadata = SecretIdMetadata.Read(request.Metadata);
        if (!metadata.Succeeded)
            return metadata.Failure;
        var accessor = RandomId.New();
        return await racing.CommitAsync<NewSecretIdResponse>(context, name.Value, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<NewSecretIdResponse>> ProposeAsync(CancellationToken ct)
        {
            if (await AppRoleStore.ReadRoleAsync(context.Storage, name.Value, ct) is not { } role)
                return AppRoleFailures.NoRole(name.Value);
            var change = AppRoleStore.Confirm(context.Storage, name.Value, role.Revision);
            var made = RecordOf(request, role.Record);
            if (!made.Succeeded)
                return new(change, made.Failure);
            var record = made.Value with { Accessor = accessor, Role = name.Value, Metadata = metadata.Value };
            return await AddAsync(change, context.Storage, role.Record, secretId, record, ct);
        }
    }

    // A custom one may be there already. One whose time is over makes room, whether it has been deleted yet or not.
    private async ValueTask<Proposal<NewSecretIdResponse>> AddAsync(
        Transaction change, StorageView storage, RoleRecord role, SecretText secretId, SecretIdRecord record, CancellationToken cancellationToken)
    {
        var hash = AppRoleStore.HashSecretId(storage, role, secretId.Utf8);
        var path = AppRoleStore.SecretIdsOf(role.Id) + hash;
        var former = await AppRoleStore.ReadSecretIdAsync(storage, role.Id, hash, cancellationToken);
        change.Require(storage, path, former?.Revision ?? 0);
        if (former is { Record: var there })
        {
            if (there.IsAlive(clock.GetUtcNow()))
                return new(change, InUse);
            change.Delete(storage, AppRoleStore.AccessorsOf(role.Id) + there.Accessor);
            if (there.ExpiresAt is { } end && end != record.ExpiresAt)
                change.Delete(storage, AppRoleStore.Due + AppRoleStore.DuePath(end, role.Id, hash));
        }
        var response = new NewSecretIdResponse
        {
            SecretId = secretId,
            SecretIdAccessor = record.Accessor,
            SecretIdTtl = record.Ttl,
            SecretIdNumUses = record.NumUses,
        };
        return new(AppRoleStore.Add(change, storage, role.Id, hash, record), response);
    }

    // Without what the role does not decide.
    private Outcome<SecretIdRecord> RecordOf(NewSecretIdRequest request, RoleRecord role)
    {
        if (!role.BindSecretId)
            return NotBound;
        var (uses, ttl) = (request.NumUses ?? role.SecretIdNumUses, request.Ttl ?? role.SecretIdTtl);
        if (uses < 0)
            return AppRoleFailures.Invalid("num_uses", "must not be negative");
        if (role.SecretIdNumUses > 0 && (uses == 0 || uses > role.SecretIdNumUses))
            return AppRoleFailures.Invalid("num_uses", $"cannot be higher than the role's secret_id_num_uses, which is {role.SecretIdNumUses}");
        if (ttl < TimeSpan.Zero || ttl > RoleRecord.LongestTtl)
            return AppRoleFailures.Invalid("ttl", $"must be 0 to {RoleRecord.LongestTtl.TotalDays:0} days");
        if (role.SecretIdTtl > TimeSpan.Zero && (ttl == TimeSpan.Zero || ttl > role.SecretIdTtl))
            return AppRoleFailures.Invalid("ttl", $"cannot be longer than the role's secret_id_ttl, which is {role.SecretIdTtl.TotalSeconds:0} s");
        var (cidrs, tokenCidrs) = (request.CidrList ?? [], request.TokenBoundCidrs ?? []);
        if ((CheckNetworks("cidr_list", cidrs, "secret_id_bound_cidrs", role.SecretIdBoundCidrs)
            ?? CheckNetworks("token_bound_cidrs", tokenCidrs, "token_bound_cidrs", role.Token.TokenBoundCidrs)) is { } bad)
            return bad;
        var now = clock.GetUtcNow();
        return new SecretIdRecord
        {
            Accessor = "",
            Role = "",
            NumUses = uses,
            Ttl = ttl,
            Created = now,
            Updated = now,
            ExpiresAt = ttl > TimeSpan.Zero ? now + ttl : null,
            Cidrs = cidrs,
            TokenBoundCidrs = tokenCidrs,
        };
    }

    private static Failure? CheckNetworks(string field, IReadOnlyList<string> networks, string roleField, IReadOnlyList<string> ofRole)
    {
        if (networks.FirstOrDefault(n => !BoundNetworks.TryParse(n, out _)) is { } bad)
            return AppRoleFailures.Invalid(field, $"\"{bad}\" is neither a network in CIDR form nor an address");
        return BoundNetworks.Of(networks) is var own && networks.Count > 0 && !own.IsWithin(BoundNetworks.Of(ofRole))
            ? AppRoleFailures.Invalid(field, $"must lie within the role's {roleField}")
            : null;
    }
}
