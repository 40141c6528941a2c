using System.ComponentModel;
using System.Security.Cryptography;
using System.Text;
using Kist.Auth.AppRole.Stored;
using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Logins;
using Kist.Core.Pipeline;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Auth.AppRole;

internal sealed record LogInRequest
{
    [Description("Id of the role.")]
    public SecretText? RoleId { get; init; }

    [Description("The secret id; needed unless the role does without.")]
    public SecretText? SecretId { get; init; }
}

/// <summary>
/// <c>POST login</c>. What is decided holds only if the store confirms the role and the secret id that it was decided by, and a use is taken in the same
/// commit, before there is a token: a crash costs a use and never gives one away.
/// </summary>
internal sealed class LogIn(TimeProvider clock, Racing racing)
{
    /// <summary>Longest role id and secret id, in bytes of UTF-8.</summary>
    public const int MaxIdBytes = 4096;

    private static readonly SecretText None = new("");

    private static readonly Dictionary<string, string> NoMetadata = new(StringComparer.Ordinal);

    public async ValueTask<Outcome<Login>> HandleAsync(LogInRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.RoleId is not { Utf8.IsEmpty: false } roleId)
            return AppRoleFailures.Missing("role_id");
        var secretId = request.SecretId ?? None;
        if (roleId.Utf8.Length > MaxIdBytes || secretId.Utf8.Length > MaxIdBytes)
            return AppRoleFailures.Refused;
        // Those who lose a race take turns by the secret id, which is what they race for.
        var turn = context.Storage.Hash(secretId.Utf8);
        return await racing.CommitAsync(context, turn, ct => DecideAsync(roleId, secretId, context, ct), cancellationToken);
    }

    private async ValueTask<Proposal<Login>> DecideAsync(SecretText roleId, SecretText secretId, RequestContext context, CancellationToken cancellationToken)
    {
        var storage = context.Storage;
        var path = AppRoleStore.RoleIdPath(storage, roleId.Utf8);
        // Whatever is not there, the role id or the secret id: one look at the store, one hash of each and one question whether it is so.
        if (await AppRoleStore.ReadRoleIdAsync(storage, path, cancellationToken) is not { } index)
        {
            _ = storage.Hash(secretId.Utf8);
            return new(storage.Begin().Require(storage, path, 0), AppRoleFailures.Refused);
        }
        var name = index.Record.Role;
        var role = await AppRoleStore.ReadRoleAsync(storage, name, cancellationToken);
        var change = AppRoleStore.Confirm(storage, name, role?.Revision ?? 0).Require(storage, path, index.Revision);
        if (role is not { Record: var found } || !IsSame(found.RoleId, roleId))
            return new(change, AppRoleFailures.Refused);
        if (!found.BindSecretId)
            return new(change, IsAdmitted(found, null, context) ? LoginOf(name, found, null) : AppRoleFailures.Refused);
        return await TakeAsync(change, name, found, secretId, context, cancellationToken);
    }

    private async ValueTask<Proposal<Login>> TakeAsync(
        Transaction change, string name, RoleRecord role, SecretText secretId, RequestContext context, CancellationToken cancellationToken)
    {
        var storage = context.Storage;
        var hash = AppRoleStore.HashSecretId(storage, role, secretId.Utf8);
        var place = AppRoleStore.SecretIdsOf(role.Id) + hash;
        var stored = await AppRoleStore.ReadSecretIdAsync(storage, role.Id, hash, cancellationToken);
        var now = clock.GetUtcNow();
        if (stored is not { Record: var found } || !found.IsAlive(now) || !IsAdmitted(role, found, context))
            return new(change.Require(storage, place, stored?.Revision ?? 0), AppRoleFailures.Refused);
        if (found.NumUses == 1)
            AppRoleStore.Remove(change, storage, role.Id, hash, stored.Value);
        else
            change.Require(storage, place, stored.Value.Revision);
        if (found.NumUses > 1)
            change.Put(storage, place, found with { NumUses = found.NumUses - 1, Updated = now }, AppRoleStoredJson.Default.SecretIdRecord);
        return new(change, LoginOf(name, role, found));
    }

    // A role may have narrowed its networks since the secret id was made.
    private static bool IsAdmitted(RoleRecord role, SecretIdRecord? secretId, RequestContext context)
    {
        var client = context.Request.ClientAddress;
        var (tokens, ofSecretId) = (BoundNetworks.Of(role.Token.TokenBoundCidrs), BoundNetworks.Of(secretId?.TokenBoundCidrs ?? []));
        return BoundNetworks.Of(role.SecretIdBoundCidrs).Contain(client)
            && BoundNetworks.Of(secretId?.Cidrs ?? []).Contain(client)
            && tokens.Contain(client)
            && ofSecretId.Contain(client)
            && (secretId is not { TokenBoundCidrs.Count: > 0 } || ofSecretId.IsWithin(tokens));
    }

    private static bool IsSame(string stored, SecretText given) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(stored), given.Utf8);

    private static Login LoginOf(string name, RoleRecord role, SecretIdRecord? secretId)
    {
        var metadata = new Dictionary<string, string>(secretId?.Metadata ?? NoMetadata, StringComparer.Ordinal) { ["role_name"] = name };
        return new Login
        {
            Alias = new LoginAlias(role.RoleId),
            Role = RoleIdentity.Text(name, role.Id),
            Token = secretId is { TokenBoundCidrs: { Count: > 0 } networks } ? role.Token with { TokenBoundCidrs = networks } : role.Token,
            Metadata = metadata,
        };
    }
}
