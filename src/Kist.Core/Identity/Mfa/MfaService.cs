using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;
using Kist.Core.Mounts;
using Kist.Core.Namespaces;
using Kist.Crypto;

namespace Kist.Core.Identity.Mfa;

/// <summary>Says who must prove more at a login, and checks the codes.</summary>
internal sealed class MfaService(IdentitySpace space, IdentityResolver resolver, BarrierStore barrier, TimeProvider clock)
{
    private const string Purpose = "mfa-request";
    private const int MostRequestIdBytes = 64 * 1024;

    // How long a client has for the second proof.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestBlock = TimeSpan.FromHours(1);

    /// <summary>One answer for a wrong code, a used one, none, too many of them, and somebody without an app.</summary>
    public static Failure Refused { get; } = new(FailureKind.Denied, "mfa.failed", "failed to satisfy MFA requirements: permission denied");

    public MfaRecords Records { get; } = new(space.All[0].Mfa);

    /// <summary>Writes the empty record of enforcements where there is none.</summary>
    public async Task SetUpAsync(CancellationToken cancellationToken)
    {
        if (await ReadEnforcementsAsync(cancellationToken) is not null)
            return;
        // A conflict means that another node was first.
        _ = await space.All[0].Begin().Require(Records.Root, MfaRecords.EnforcementsName, 0)
            .Put(Records.Root, MfaRecords.EnforcementsName, new MfaEnforcementsRecord(), MfaJson.Enforcements).CommitAsync(cancellationToken);
    }

    public ValueTask<StoredRecord<MfaEnforcementsRecord>?> ReadEnforcementsAsync(CancellationToken cancellationToken) =>
        Records.Root.ReadRecordAsync(MfaRecords.EnforcementsName, MfaJson.Enforcements, cancellationToken);

    public ValueTask<StoredRecord<MfaMethodRecord>?> ReadMethodAsync(string? id, CancellationToken cancellationToken) =>
        IdentityRecords.IsId(id) ? Records.Methods.ReadRecordAsync(id!, MfaJson.Method, cancellationToken) : default;

    /// <summary>What a login must satisfy; a failure when it must and nobody stands behind it who could.</summary>
    public async ValueTask<Outcome<IReadOnlyList<MfaEnforcement>>> DemandsAsync(string entityId, Mount mount, CancellationToken cancellationToken)
    {
        if (await ReadEnforcementsAsync(cancellationToken) is not { Record.Items: { Count: > 0 } all })
            return new([]);
        var entity = entityId.Length == 0 ? null : await resolver.ResolveAsync(NamespaceId.Root, entityId, cancellationToken);
        if (entityId.Length > 0 && entity is null)
            return Failure.Denied;
        IReadOnlyList<MfaEnforcement> demands = [.. all.Where(e => Applies(e, entity, mount))];
        return demands.Count > 0 && entity is null ? Refused : new Outcome<IReadOnlyList<MfaEnforcement>>(demands);
    }

    /// <summary>The id by which a client completes a login.</summary>
    public async ValueTask<string> SuspendAsync(PendingLogin login, CancellationToken cancellationToken)
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(login with { Until = clock.GetUtcNow() + Patience }, MfaJson.Pending);
        return Base64Url.EncodeToString(await barrier.EncryptTokenAsync(plain, Purpose, cancellationToken));
    }

    /// <summary>The login that a client completes; null when the id is none, or too late.</summary>
    public async ValueTask<PendingLogin?> ResumeAsync(string id, CancellationToken cancellationToken)
    {
        if (id.Length is 0 or > MostRequestIdBytes || !Base64Url.IsValid(id, out var length) || length == 0)
            return null;
        var plain = await barrier.TryDecryptTokenAsync(Base64Url.DecodeFromChars(id), Purpose, cancellationToken);
        return plain is not null && JsonSerializer.Deserialize(plain, MfaJson.Pending) is { } login && clock.GetUtcNow() < login.Until ? login : null;
    }

    /// <summary>Whether the codes satisfy all demands. Each code that is looked at is used up, or counted as wrong.</summary>
    /// <param name="entityId">Whose codes they are.</param>
    /// <param name="demands">What to satisfy, each by one of its methods.</param>
    /// <param name="codes">By the id of a method or, where it has one, its name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Failure?> CheckAsync(
        string entityId, IReadOnlyList<MfaEnforcement> demands, IReadOnlyDictionary<string, string> codes, CancellationToken cancellationToken)
    {
        var wanted = new Dictionary<string, (MfaMethodRecord Method, string Code)>(StringComparer.Ordinal);
        foreach (var demand in demands)
        {
            if (demand.MethodIds.Any(wanted.ContainsKey))
                continue;
            var chosen = await ChooseAsync(demand, codes, cancellationToken);
            if (chosen is not { } one)
                return Refused;
            wanted[one.Method.Id] = one;
        }
        foreach (var (method, code) in wanted.Values)
        {
            if (await VerifyAsync(entityId, method, code, cancellationToken) is { } failure)
                return failure;
        }
        return null;
    }

    /// <summary>A new secret for an entity's app; null when it has one.</summary>
    public async ValueTask<Outcome<SecretText?>> EnrolAsync(
        MfaMethodRecord method, string entityId, Pipeline.RequestContext context, CancellationToken cancellationToken)
    {
        var secret = RandomNumberGenerator.GetBytes(method.KeySize);
        try
        {
            var made = await space.All[0].ChangeAsync(context, MakeAsync, cancellationToken);
            if (!made.Succeeded)
                return made.Failure;
            return new Outcome<SecretText?>(made.Value ? new SecretText(UrlOf(method, entityId, secret)) : null);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }

        async ValueTask<Outcome<bool>> MakeAsync(Transaction change, CancellationToken ct)
        {
            var entity = await space.All[0].ReadEntityAsync(entityId, ct);
            if (entity is not { Record.MergedInto.Length: 0 })
                return IdentityFailures.NoEntity;
            var there = await Records.SecretsOf(entityId).ReadAsync(method.Id, ct);
            change.Require(Records.SecretsOf(entityId), method.Id, there?.Revision ?? 0)
                .Require(space.All[0].Entities, entityId, entity.Value.Revision);
            if (there is not null)
                return false;
            change.Put(Records.SecretsOf(entityId), method.Id, new MfaSecretRecord { Secret = secret }, MfaJson.Secret);
            return true;
        }
    }

    private static string UrlOf(MfaMethodRecord method, string entityId, ReadOnlySpan<byte> secret) =>
        $"otpauth://totp/{Uri.EscapeDataString(method.Issuer)}:{entityId}?algorithm={method.Algorithm}&digits={method.Digits}"
        + $"&issuer={Uri.EscapeDataString(method.Issuer)}&period={method.PeriodSeconds}&secret={Totp.Base32(secret)}";

    private static bool Applies(MfaEnforcement enforcement, ResolvedEntity? entity, Mount mount) =>
        enforcement.Accessors.Contains(mount.Accessor, StringComparer.Ordinal)
        || enforcement.Types.Contains(mount.TypeName, StringComparer.Ordinal)
        || (entity is not null
            && (enforcement.EntityIds.Contains(entity.Id, StringComparer.Ordinal)
                || entity.Direct.Concat(entity.Inherited).Any(g => enforcement.GroupIds.Contains(g.Id, StringComparer.Ordinal))));

    private async ValueTask<(MfaMethodRecord Method, string Code)?> ChooseAsync(
        MfaEnforcement demand, IReadOnlyDictionary<string, string> codes, CancellationToken cancellationToken)
    {
        foreach (var id in demand.MethodIds)
        {
            if (await ReadMethodAsync(id, cancellationToken) is not { Record: var method })
                continue;
            if (codes.TryGetValue(method.Id, out var code) || (method.Name.Length > 0 && codes.TryGetValue(method.Name, out code)))
                return (method, code);
        }
        return null;
    }

    // Each look at a code changes the record, so that no code serves twice and no number of nodes gives more tries.
    private async ValueTask<Failure?> VerifyAsync(string entityId, MfaMethodRecord method, string code, CancellationToken cancellationToken)
    {
        var verified = await space.All[0].ChangeAsync(null, VerifyAsync, cancellationToken);
        if (!verified.Succeeded)
            return verified.Failure;
        return verified.Value ? null : Refused;

        async ValueTask<Outcome<bool>> VerifyAsync(Transaction change, CancellationToken ct)
        {
            var view = Records.SecretsOf(entityId);
            if (await view.ReadAsync(method.Id, ct) is not { } stored)
                return false;
            var record = JsonSerializer.Deserialize(stored.Value.Span, MfaJson.Secret)!;
            try
            {
                var now = clock.GetUtcNow();
                if (now < record.BlockedUntil)
                    return false;
                var step = StepOf(method, record, code, now);
                var next = step is { } taken ? record with { LastStep = taken, Failures = 0 } : Failed(method, record, now);
                change.Require(view, method.Id, stored.Revision).Put(view, method.Id, next, MfaJson.Secret);
                return step is not null;
            }
            finally
            {
                CryptographicOperations.ZeroMemory(record.Secret);
            }
        }
    }

    private static long? StepOf(MfaMethodRecord method, MfaSecretRecord record, string code, DateTimeOffset now)
    {
        long? found = null;
        var current = Totp.StepAt(now, method.PeriodSeconds);
        for (var step = current - method.Skew; step <= current + method.Skew; step++)
        {
            if (Totp.AreSame(Totp.Code(record.Secret, step, method.Algorithm, method.Digits), code) && step > record.LastStep)
                found ??= step;
        }
        return found;
    }

    // After so many wrong codes in a row none is looked at for a period, and for twice as long after each further one.
    private static MfaSecretRecord Failed(MfaMethodRecord method, MfaSecretRecord record, DateTimeOffset now)
    {
        var failures = record.Failures + 1;
        var beyond = failures - method.MaxValidationAttempts;
        var seconds = beyond < 0 ? 0 : Math.Min(method.PeriodSeconds * Math.Pow(2, Math.Min(beyond, 20)), LongestBlock.TotalSeconds);
        var block = TimeSpan.FromSeconds(seconds);
        return record with { Failures = failures, BlockedUntil = now + block };
    }
}
