using Kist.Core.Barrier;
using Kist.Core.Identity.Routes;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Tokens;

namespace Kist.Core.Identity.Mfa;

/// <summary><c>mfa/method/totp</c>: methods of login MFA by codes of authenticator apps, and the secrets that apps share with the server.</summary>
internal sealed class TotpMethodRoutes(IdentityService identities)
{
    private static readonly Failure NoMethod = Failure.Invalid("mfa.no_method", "field \"method_id\": no method has it");

    private readonly MfaRecords mfa = identities.Mfa.Records;
    private readonly TotpSecrets secrets = identities.Mfa.Secrets;
    private readonly IdentityRecords records = identities.Space.All[0];

    public void Add(RouteMap map)
    {
        map.List<IdentityListRequest, IdentityKeys<TotpMethodResponse>>("mfa/method", ListMethodsAsync, "List the methods of login MFA.");
        map.Read<MfaMethodRequest, TotpMethodResponse>("mfa/method/{method_id}", ReadMethodAsync, "Read a method of login MFA, whatever its type.");
        map.List<IdentityListRequest, IdentityKeys<TotpMethodResponse>>(
            "mfa/method/totp", ListMethodsAsync, "List the methods of login MFA by TOTP.");
        map.Write<TotpMethodRequest, MfaMethodWritten>(
            "mfa/method/totp", WriteMethodAsync, "Create a method of login MFA by TOTP, or change the one with the name.");
        map.Read<MfaMethodRequest, TotpMethodResponse>("mfa/method/totp/{method_id}", ReadMethodAsync, "Read a method of login MFA.");
        map.Write<TotpMethodRequest, MfaMethodWritten>(
            "mfa/method/totp/{method_id}", WriteMethodAsync, "Change the given fields of a method of login MFA.");
        map.Delete<MfaMethodRequest, Nothing>(
            "mfa/method/totp/{method_id}", DeleteMethodAsync, "Delete a method of login MFA that no enforcement names.");
        map.Write<TotpEntityRequest, TotpSecretResponse>(
            "mfa/method/totp/generate", GenerateAsync, "Make a secret for the caller's authenticator app.");
        map.Write<TotpEntityRequest, TotpSecretResponse>(
            "mfa/method/totp/admin-generate", AdminGenerateAsync, "Make a secret for the authenticator app of an entity.");
        map.Write<TotpEntityRequest, Nothing>(
            "mfa/method/totp/admin-destroy", AdminDestroyAsync, "Destroy the secret of an entity's authenticator app, so that it can get a new one.");
    }

    private ValueTask<Outcome<IdentityKeys<TotpMethodResponse>>> ListMethodsAsync(
        IdentityListRequest request, RequestContext context, CancellationToken cancellationToken) => IdentityListing.IdsAsync(
        mfa.Methods, MfaJson.Method, request, (_, method, _) => new ValueTask<TotpMethodResponse?>(TotpMethodResponse.Of(method)), cancellationToken);

    private async ValueTask<Outcome<TotpMethodResponse>> ReadMethodAsync(
        MfaMethodRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await mfa.ReadMethodAsync(request.MethodId, cancellationToken) is { Record: var method } ? TotpMethodResponse.Of(method) : Failure.NotFound();

    private async ValueTask<Outcome<MfaMethodWritten>> WriteMethodAsync(
        TotpMethodRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        return await records.ChangeAsync(context, WriteAsync, cancellationToken);

        async ValueTask<Outcome<MfaMethodWritten>> WriteAsync(Transaction change, CancellationToken ct)
        {
            var byId = !string.IsNullOrEmpty(request.MethodId);
            var stored = byId ? await mfa.ReadMethodAsync(request.MethodId, ct) : await FindByNameAsync(change, request.MethodName, ct);
            if (byId && stored is null)
                return NoMethod;
            var composed = Compose(request, stored?.Record ?? new MfaMethodRecord { Id = IdentityRecords.NewId() });
            if (!composed.Succeeded)
                return composed.Failure;
            var method = composed.Value;
            if (await RenameAsync(change, stored?.Record.Name ?? "", method, ct) is { } taken)
                return taken;
            change.Require(mfa.Methods, method.Id, stored?.Revision ?? 0).Put(mfa.Methods, method.Id, method, MfaJson.Method);
            return new(byId ? null! : new MfaMethodWritten(method.Id));
        }
    }

    // Name and method are written together: where one was read before a change and the other after, the commit fails, and both are read again.
    private async ValueTask<StoredRecord<MfaMethodRecord>?> FindByNameAsync(Transaction change, string? name, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(name) || !TokenRoles.IsName(name))
            return null;
        var pointer = await IdentityRecords.ReadPointerAsync(mfa.MethodNames, name, cancellationToken);
        change.Require(mfa.MethodNames, name, pointer?.Revision ?? 0);
        return pointer is { } known ? await mfa.ReadMethodAsync(known.Record.Id, cancellationToken) : null;
    }

    // Logins may name a method by its name, so there is one of each.
    private async ValueTask<Failure?> RenameAsync(Transaction change, string was, MfaMethodRecord method, CancellationToken cancellationToken)
    {
        if (method.Name == was)
            return null;
        if (was.Length > 0)
            change.Delete(mfa.MethodNames, was);
        if (method.Name.Length == 0)
            return null;
        var taken = await IdentityRecords.ReadPointerAsync(mfa.MethodNames, method.Name, cancellationToken);
        change.Require(mfa.MethodNames, method.Name, taken?.Revision ?? 0);
        if (taken is { } other && other.Record.Id != method.Id)
            return Failure.Invalid("mfa.name_in_use", "field \"method_name\": another method has it");
        change.Point(mfa.MethodNames, method.Name, method.Id);
        return null;
    }

    private static Outcome<MfaMethodRecord> Compose(TotpMethodRequest request, MfaMethodRecord method)
    {
        var changed = method with
        {
            Name = request.MethodName ?? method.Name,
            Issuer = request.Issuer ?? method.Issuer,
            QrSize = request.QrSize ?? method.QrSize,
            PeriodSeconds = request.Period is { } period ? (int)Math.Min(period.TotalSeconds, int.MaxValue) : method.PeriodSeconds,
            KeySize = request.KeySize ?? method.KeySize,
            Algorithm = string.IsNullOrEmpty(request.Algorithm) ? method.Algorithm : request.Algorithm,
            Digits = request.Digits ?? method.Digits,
            Skew = request.Skew ?? method.Skew,
            MaxValidationAttempts = request.MaxValidationAttempts is { } most and not 0 ? most : method.MaxValidationAttempts,
        };
        if (changed.Issuer.Length is 0 or > 128 || changed.Issuer.Contains(':', StringComparison.Ordinal) || changed.Issuer.Any(char.IsControl))
            return Invalid("issuer", "must have 1 to 128 characters, and no colon");
        if (changed.Name.Length > 0 && !TokenRoles.IsName(changed.Name))
            return Invalid("method_name", "has letters, digits, \"_\", and between them \"-\" and \".\"");
        if (changed.PeriodSeconds is < 15 or > 300)
            return Invalid("period", "must be 15 to 300 seconds");
        if (changed.KeySize is < 16 or > 64)
            return Invalid("key_size", "must be 16 to 64");
        if (!Totp.Algorithms.Contains(changed.Algorithm, StringComparer.Ordinal))
            return Invalid("algorithm", $"must be one of {string.Join(", ", Totp.Algorithms)}");
        if (changed.Digits is not (6 or 8))
            return Invalid("digits", "must be 6 or 8");
        if (changed.Skew is not (0 or 1))
            return Invalid("skew", "must be 0 or 1");
        return changed.MaxValidationAttempts is < 1 or > 20 ? Invalid("max_validation_attempts", "must be 1 to 20") : changed;
    }

    private async ValueTask<Outcome<Nothing>> DeleteMethodAsync(MfaMethodRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        return await records.ChangeAsync(context, DeleteAsync, cancellationToken);

        async ValueTask<Outcome<Nothing>> DeleteAsync(Transaction change, CancellationToken ct)
        {
            if (await mfa.ReadMethodAsync(request.MethodId, ct) is not { } stored)
                return Outcome.Done;
            var all = await mfa.ReadEnforcementsAsync(ct);
            change.Require(mfa.Root, MfaRecords.EnforcementsName, all?.Revision ?? 0);
            if (all?.Record.Items.FirstOrDefault(e => e.MethodIds.Contains(stored.Record.Id, StringComparer.Ordinal)) is { } user)
                return Failure.Invalid("mfa.method_in_use", $"the method is used by the login enforcement \"{user.Name}\"");
            change.Require(mfa.Methods, stored.Record.Id, stored.Revision).Delete(mfa.Methods, stored.Record.Id);
            if (stored.Record.Name.Length > 0)
                change.Delete(mfa.MethodNames, stored.Record.Name);
            return Outcome.Done;
        }
    }

    private async ValueTask<Outcome<TotpSecretResponse>> GenerateAsync(
        TotpEntityRequest request, RequestContext context, CancellationToken cancellationToken) =>
        context.Token!.Entity is { } entity
            ? await EnrolAsync(request.MethodId, entity.Id, context, cancellationToken)
            : Failure.Invalid("identity.no_entity", "no entity associated with the request's token");

    private async ValueTask<Outcome<TotpSecretResponse>> AdminGenerateAsync(
        TotpEntityRequest request, RequestContext context, CancellationToken cancellationToken) =>
        string.IsNullOrEmpty(request.EntityId)
            ? IdentityFailures.Missing("entity_id")
            : await EnrolAsync(request.MethodId, request.EntityId, context, cancellationToken);

    private async ValueTask<Outcome<TotpSecretResponse>> EnrolAsync(
        string? methodId, string entityId, RequestContext context, CancellationToken cancellationToken)
    {
        if (await mfa.ReadMethodAsync(methodId, cancellationToken) is not { Record: var method })
            return NoMethod;
        var url = await secrets.EnrolAsync(method, entityId, context, cancellationToken);
        if (!url.Succeeded)
            return url.Failure;
        if (url.Value is { } made)
            return new TotpSecretResponse(made, "");
        context.Warn("The entity has a secret for this method already; destroy it with admin-destroy before you make another.");
        return new((TotpSecretResponse)null!);
    }

    private async ValueTask<Outcome<Nothing>> AdminDestroyAsync(
        TotpEntityRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (!IdentityRecords.IsId(request.MethodId))
            return NoMethod;
        if (!IdentityRecords.IsId(request.EntityId))
            return IdentityFailures.NoEntity;
        var outcome = await records.Begin().Delete(mfa.SecretsOf(request.EntityId!), request.MethodId!).CommitAsync(cancellationToken);
        if (!outcome.Succeeded)
            return IdentityCommits.UnknownOutcome;
        context.Index = outcome.Revision;
        return Outcome.Done;
    }

    private static Failure Invalid(string field, string what) => Failure.Invalid("mfa.invalid", $"field \"{field}\": {what}");
}
