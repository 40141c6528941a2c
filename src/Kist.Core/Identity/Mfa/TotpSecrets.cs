using System.Security.Cryptography;
using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;
using Kist.Crypto;

namespace Kist.Core.Identity.Mfa;

/// <summary>A code, and the method that it is offered for.</summary>
internal sealed record OfferedCode(MfaMethodRecord Method, SecretText Code);

/// <summary>What the apps of entities share with this server: makes it, and checks their codes by it.</summary>
internal sealed class TotpSecrets(IdentityRecords records, MfaRecords mfa, TimeProvider clock)
{
    private static readonly TimeSpan LongestBlock = TimeSpan.FromHours(1);

    // How far the clocks of two nodes may differ. A block that lasts longer was set by a clock that was wrong.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>A new secret for an entity's app; null when it has one.</summary>
    public async ValueTask<Outcome<SecretText?>> EnrolAsync(
        MfaMethodRecord method, string entityId, RequestContext context, CancellationToken cancellationToken)
    {
        var secret = RandomNumberGenerator.GetBytes(method.KeySize);
        var made = JsonSerializer.SerializeToUtf8Bytes(RecordOf(method, secret), MfaJson.Secret);
        try
        {
            var outcome = await records.ChangeAsync(context, MakeAsync, cancellationToken);
            if (!outcome.Succeeded)
                return outcome.Failure;
            return new Outcome<SecretText?>(outcome.Value ? new SecretText(UrlOf(method, entityId, secret)) : null);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(made);
        }

        async ValueTask<Outcome<bool>> MakeAsync(Transaction change, CancellationToken ct)
        {
            if (await records.ReadEntityAsync(entityId, ct) is not { Record.MergedInto.Length: 0 } entity)
                return IdentityFailures.NoEntity;
            var view = mfa.SecretsOf(entityId);
            var there = await view.ReadAsync(method.Id, ct);
            if (there is { } has)
                OpenedBytes.Wipe(has.Value);
            change.Require(view, method.Id, there?.Revision ?? 0).Require(records.Entities, entityId, entity.Revision);
            if (there is not null)
                return false;
            change.Put(view, method.Id, made);
            return true;
        }
    }

    /// <summary>
    /// Looks at codes until each demand is satisfied by one of its own, and notes what came of each in one commit: no code serves twice, and no number of
    /// nodes gives more tries.
    /// </summary>
    /// <param name="entityId">Whose codes they are.</param>
    /// <param name="demands">For each demand, the codes of its methods.</param>
    /// <param name="completes">The login that has waited for them, which is completed with them or not at all; null for one that came with its codes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Failure?> VerifyAsync(
        string entityId, IReadOnlyList<IReadOnlyList<OfferedCode>> demands, PendingLogin? completes, CancellationToken cancellationToken)
    {
        using var opened = new OpenedBytes();
        var verified = await records.ChangeAsync(null, DecideAsync, cancellationToken);
        if (!verified.Succeeded)
            return verified.Failure;
        return verified.Value ? null : MfaService.Refused;

        async ValueTask<Outcome<bool>> DecideAsync(Transaction change, CancellationToken ct)
        {
            var completed = await CompletedAsync(change, completes, ct);
            if (completes is not null && completed.Any(c => c.Id == completes.Id))
                return PendingLogins.None;
            var looked = new Dictionary<string, bool>(StringComparer.Ordinal);
            var satisfied = true;
            foreach (var demand in demands)
                satisfied &= await SatisfiesAsync(change, entityId, demand, looked, opened, ct);
            if (satisfied && completes is not null)
                Complete(change, completes, completed);
            return satisfied;
        }
    }

    private static MfaSecretRecord RecordOf(MfaMethodRecord method, byte[] secret) => new()
    {
        Secret = secret,
        PeriodSeconds = method.PeriodSeconds,
        Algorithm = method.Algorithm,
        Digits = method.Digits,
        Skew = method.Skew,
    };

    private static string UrlOf(MfaMethodRecord method, string entityId, ReadOnlySpan<byte> secret) =>
        $"otpauth://totp/{Uri.EscapeDataString(method.Issuer)}:{entityId}?algorithm={method.Algorithm}&digits={method.Digits}"
        + $"&issuer={Uri.EscapeDataString(method.Issuer)}&period={method.PeriodSeconds}&secret={Totp.Base32(secret)}";

    private async ValueTask<IReadOnlyList<MfaCompleted>> CompletedAsync(Transaction change, PendingLogin? login, CancellationToken cancellationToken)
    {
        if (login is null)
            return [];
        var view = mfa.SecretsOf(login.EntityId);
        var stored = await view.ReadRecordAsync(MfaRecords.CompletedName, MfaJson.Completed, cancellationToken);
        change.Require(view, MfaRecords.CompletedName, stored?.Revision ?? 0);
        return stored?.Record.Items ?? [];
    }

    private void Complete(Transaction change, PendingLogin login, IReadOnlyList<MfaCompleted> before)
    {
        var now = clock.GetUtcNow();
        var items = new MfaCompletedRecord { Items = [.. before.Where(c => now < c.Until), new MfaCompleted(login.Id, login.Until)] };
        change.Put(mfa.SecretsOf(login.EntityId), MfaRecords.CompletedName, items, MfaJson.Completed);
    }

    private async ValueTask<bool> SatisfiesAsync(
        Transaction change,
        string entityId,
        IReadOnlyList<OfferedCode> demand,
        Dictionary<string, bool> looked,
        OpenedBytes opened,
        CancellationToken cancellationToken)
    {
        foreach (var offered in demand)
        {
            if (!looked.TryGetValue(offered.Method.Id, out var good))
                looked[offered.Method.Id] = good = await LookAsync(change, entityId, offered, opened, cancellationToken);
            if (good)
                return true;
        }
        return false;
    }

    private async ValueTask<bool> LookAsync(
        Transaction change, string entityId, OfferedCode offered, OpenedBytes opened, CancellationToken cancellationToken)
    {
        var view = mfa.SecretsOf(entityId);
        var method = offered.Method;
        var stored = await view.ReadAsync(method.Id, cancellationToken);
        // Committed in any case: an answer that comes without would tell by its haste that there is no app, or that no code is looked at now.
        change.Require(view, method.Id, stored?.Revision ?? 0);
        if (stored is not { } there)
            return false;
        opened.Add(there.Value);
        var record = JsonSerializer.Deserialize(there.Value.Span, MfaJson.Secret)!;
        opened.Add(record.Secret);
        var now = clock.GetUtcNow();
        if (now < record.BlockedUntil && record.BlockedUntil - now <= LongestBlock + Tolerance)
            return false;
        var step = StepOf(record, offered.Code.Utf8, now);
        var next = step is { } taken ? record with { LastStep = taken, Failures = 0, BlockedUntil = default } : Failed(method, record, now);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(next, MfaJson.Secret);
        opened.Add(bytes);
        change.Put(view, method.Id, bytes);
        return step is not null;
    }

    private static long? StepOf(MfaSecretRecord record, ReadOnlySpan<byte> code, DateTimeOffset now)
    {
        long? found = null;
        var current = Totp.StepAt(now, record.PeriodSeconds);
        for (var step = current - record.Skew; step <= current + record.Skew; step++)
        {
            if (Totp.AreSame(Totp.Code(record.Secret, step, record.Algorithm, record.Digits), code) && step > record.LastStep)
                found ??= step;
        }
        return found;
    }

    // After so many wrong codes in a row none is looked at for a period, and for twice as long after each further one.
    private static MfaSecretRecord Failed(MfaMethodRecord method, MfaSecretRecord record, DateTimeOffset now)
    {
        var failures = record.Failures + 1;
        var beyond = failures - method.MaxValidationAttempts;
        var seconds = beyond < 0 ? 0 : Math.Min(record.PeriodSeconds * Math.Pow(2, Math.Min(beyond, 20)), LongestBlock.TotalSeconds);
        return record with { Failures = failures, BlockedUntil = now + TimeSpan.FromSeconds(seconds) };
    }
}
