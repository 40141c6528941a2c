using System.ComponentModel;
using Kist.Core.Barrier;
using Kist.Core.Identity.Oidc;
using Kist.Core.Identity.Routes;
using Kist.Core.Identity.Stored;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Crypto;

namespace Kist.Core.Identity.Mfa;

internal sealed record TotpMethodRequest
{
    [Description("The method's id.")]
    public string? MethodId { get; init; }

    [Description("A name that logins may use in place of the id.")]
    public string? MethodName { get; init; }

    [Description("Shown by authenticator apps.")]
    public string? Issuer { get; init; }

    [Description("Seconds that a code is good for; 30 if not given.")]
    public TimeSpan? Period { get; init; }

    [Description("Bytes of a secret; 20 if not given.")]
    public int? KeySize { get; init; }

    [Description("Taken for compatibility: no barcodes are drawn, apps read the URL.")]
    public int? QrSize { get; init; }

    [Description("SHA1 (default), SHA256 or SHA512.")]
    public string? Algorithm { get; init; }

    [Description("6 (default) or 8.")]
    public int? Digits { get; init; }

    [Description("How many periods before and after now count as well: 0 or 1 (default).")]
    public int? Skew { get; init; }

    [Description("Wrong codes in a row, after which none is looked at for a time; 5 if not given.")]
    public int? MaxValidationAttempts { get; init; }
}

internal sealed record MfaMethodRequest
{
    [Description("The method's id.")]
    public string? MethodId { get; init; }
}

internal sealed record TotpEntityRequest
{
    [Description("The method's id.")]
    public string? MethodId { get; init; }

    [Description("The entity.")]
    public string? EntityId { get; init; }
}

internal sealed record MfaMethodWritten(string MethodId);

internal sealed record TotpMethodResponse
{
    public string Type { get; init; } = "totp";

    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Issuer { get; init; }

    public required int Period { get; init; }

    public required int KeySize { get; init; }

    public required string Algorithm { get; init; }

    public required int Digits { get; init; }

    public required int Skew { get; init; }

    public required int MaxValidationAttempts { get; init; }

    public static TotpMethodResponse Of(MfaMethodRecord method) => new()
    {
        Id = method.Id,
        Name = method.Name,
        Issuer = method.Issuer,
        Period = method.PeriodSeconds,
        KeySize = method.KeySize,
        Algorithm = method.Algorithm,
        Digits = method.Digits,
        Skew = method.Skew,
        MaxValidationAttempts = method.MaxValidationAttempts,
    };
}

/// <summary>What an authenticator app needs, once.</summary>
/// <param name="Url">Holds the secret.</param>
/// <param name="Barcode">Always empty: no barcodes are drawn.</param>
internal sealed record TotpSecretResponse(SecretText Url, string Barcode);

internal sealed record EnforcementRequest
{
    [Description("The name.")]
    public string? Name { get; init; }

    [Description("Methods, one of which is enough.")]
    public IReadOnlyList<string>? MfaMethodIds { get; init; }

    [Description("Applies to logins by mounts with these accessors.")]
    public IReadOnlyList<string>? AuthMethodAccessors { get; init; }

    [Description("Applies to logins by auth methods of these types.")]
    public IReadOnlyList<string>? AuthMethodTypes { get; init; }

    [Description("Applies to logins of members of these groups, direct or not.")]
    public IReadOnlyList<string>? IdentityGroupIds { get; init; }

    [Description("Applies to logins of these entities.")]
    public IReadOnlyList<string>? IdentityEntityIds { get; init; }
}

internal sealed record EnforcementNameRequest
{
    [Description("The name.")]
    public string? Name { get; init; }
}

internal sealed record EnforcementResponse
{
    public required string Name { get; init; }

    public required IReadOnlyList<string> MfaMethodIds { get; init; }

    public required IReadOnlyList<string> AuthMethodAccessors { get; init; }

    public required IReadOnlyList<string> AuthMethodTypes { get; init; }

    public required IReadOnlyList<string> IdentityGroupIds { get; init; }

    public required IReadOnlyList<string> IdentityEntityIds { get; init; }

    public static EnforcementResponse Of(MfaEnforcement enforcement) => new()
    {
        Name = enforcement.Name,
        MfaMethodIds = enforcement.MethodIds,
        AuthMethodAccessors = enforcement.Accessors,
        AuthMethodTypes = enforcement.Types,
        IdentityGroupIds = enforcement.GroupIds,
        IdentityEntityIds = enforcement.EntityIds,
    };
}

/// <summary><c>mfa</c>: second proofs at logins, by codes of authenticator apps.</summary>
internal sealed class MfaRoutes(IdentityService identities, MountsLookup mounts)
{
    private const int MostEnforcements = 200;
    private const int MostOfList = 200;

    private readonly MfaService mfa = identities.Mfa;
    private readonly IdentityRecords records = identities.Space.All[0];

    public void Add(RouteMap map)
    {
        map.List<IdentityListRequest, IdentityKeys>("mfa/method/totp", ListMethodsAsync, "List the ids of the methods of login MFA by TOTP.");
        map.Write<TotpMethodRequest, MfaMethodWritten>("mfa/method/totp", WriteMethodAsync, "Create a method of login MFA by TOTP.");
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
        map.List<IdentityListRequest, IdentityKeys>("mfa/login-enforcement", ListAsync, "List the enforcements of login MFA.");
        map.Read<EnforcementNameRequest, EnforcementResponse>("mfa/login-enforcement/{name}", ReadAsync, "Read an enforcement of login MFA.");
        map.Write<EnforcementRequest, Nothing>(
            "mfa/login-enforcement/{name}", WriteAsync, "Create an enforcement of login MFA, or change the given fields of one.");
        map.Delete<EnforcementNameRequest, Nothing>("mfa/login-enforcement/{name}", DeleteAsync, "Delete an enforcement of login MFA.");
    }

    private static readonly Failure NoMethod = Failure.Invalid("mfa.no_method", "field \"method_id\": no method has it");

    private async ValueTask<Outcome<IdentityKeys>> ListMethodsAsync(
        IdentityListRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var after = request.After ?? "";
        if (after.Length > 0 && !IdentityRecords.IsId(after))
            return Failure.Invalid("identity.invalid_after", "field \"after\": can be no id");
        var ids = await mfa.Records.Methods.ListAsync(after, request.Limit, cancellationToken);
        return ids.Count > 0 ? new IdentityKeys(ids) : Failure.NotFound();
    }

    private async ValueTask<Outcome<TotpMethodResponse>> ReadMethodAsync(
        MfaMethodRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await mfa.ReadMethodAsync(request.MethodId, cancellationToken) is { Record: var method } ? TotpMethodResponse.Of(method) : Failure.NotFound();

    private async ValueTask<Outcome<MfaMethodWritten>> WriteMethodAsync(
        TotpMethodRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        return await records.ChangeAsync(context, WriteAsync, cancellationToken);

        async ValueTask<Outcome<MfaMethodWritten>> WriteAsync(Transaction change, CancellationToken ct)
        {
            var isNew = string.IsNullOrEmpty(request.MethodId);
            var stored = isNew ? null : await mfa.ReadMethodAsync(request.MethodId, ct);
            if (!isNew && stored is null)
                return NoMethod;
            var composed = Compose(request, stored?.Record ?? new MfaMethodRecord { Id = IdentityRecords.NewId() });
            if (!composed.Succeeded)
                return composed.Failure;
            var method = composed.Value;
            change.Require(mfa.Records.Methods, method.Id, stored?.Revision ?? 0).Put(mfa.Records.Methods, method.Id, method, MfaJson.Method);
            return new(isNew ? new MfaMethodWritten(method.Id) : null!);
        }
    }

    private static Outcome<MfaMethodRecord> Compose(TotpMethodRequest request, MfaMethodRecord method)
    {
        var changed = method with
        {
            Name = request.MethodName ?? method.Name,
            Issuer = request.Issuer ?? method.Issuer,
            PeriodSeconds = request.Period is { } period ? (int)Math.Min(period.TotalSeconds, int.MaxValue) : method.PeriodSeconds,
            KeySize = request.KeySize ?? method.KeySize,
            Algorithm = string.IsNullOrEmpty(request.Algorithm) ? method.Algorithm : request.Algorithm,
            Digits = request.Digits ?? method.Digits,
            Skew = request.Skew ?? method.Skew,
            MaxValidationAttempts = request.MaxValidationAttempts is { } most and not 0 ? most : method.MaxValidationAttempts,
        };
        if (changed.Issuer.Length is 0 or > 128 || changed.Issuer.Contains(':', StringComparison.Ordinal) || changed.Issuer.Any(char.IsControl))
            return Invalid("issuer", "must have 1 to 128 characters, and no colon");
        if (changed.Name.Length > 0 && !OidcRecords.IsName(changed.Name))
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
            change.Require(mfa.Records.Root, MfaRecords.EnforcementsName, all?.Revision ?? 0);
            if (all?.Record.Items.FirstOrDefault(e => e.MethodIds.Contains(stored.Record.Id, StringComparer.Ordinal)) is { } user)
                return Failure.Invalid("mfa.method_in_use", $"the method is used by the login enforcement \"{user.Name}\"");
            change.Require(mfa.Records.Methods, stored.Record.Id, stored.Revision).Delete(mfa.Records.Methods, stored.Record.Id);
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
        var url = await mfa.EnrolAsync(method, entityId, context, cancellationToken);
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
        var outcome = await records.Begin().Delete(mfa.Records.SecretsOf(request.EntityId!), request.MethodId!).CommitAsync(cancellationToken);
        if (!outcome.Succeeded)
            return IdentityCommits.UnknownOutcome;
        context.Index = outcome.Revision;
        return Outcome.Done;
    }

    private async ValueTask<Outcome<IdentityKeys>> ListAsync(IdentityListRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var all = (await mfa.ReadEnforcementsAsync(cancellationToken))?.Record.Items ?? [];
        var names = all.Select(e => e.Name).Order(StringComparer.Ordinal).Where(n => string.CompareOrdinal(n, request.After ?? "") > 0).ToList();
        if (request.Limit > 0)
            names = [.. names.Take(request.Limit)];
        return names.Count > 0 ? new IdentityKeys(names) : Failure.NotFound();
    }

    private async ValueTask<Outcome<EnforcementResponse>> ReadAsync(
        EnforcementNameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        (await mfa.ReadEnforcementsAsync(cancellationToken))?.Record.Items.FirstOrDefault(e => e.Name == request.Name) is { } found
            ? EnforcementResponse.Of(found)
            : Failure.NotFound();

    private async ValueTask<Outcome<Nothing>> WriteAsync(EnforcementRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (!OidcRecords.IsName(request.Name))
            return Invalid("name", "has letters, digits, \"_\", and between them \"-\" and \".\"");
        return await records.ChangeAsync(context, WriteAsync, cancellationToken);

        async ValueTask<Outcome<Nothing>> WriteAsync(Transaction change, CancellationToken ct)
        {
            var stored = await mfa.ReadEnforcementsAsync(ct);
            var items = stored?.Record.Items ?? [];
            var was = items.FirstOrDefault(e => e.Name == request.Name) ?? new MfaEnforcement { Name = request.Name! };
            var next = was with
            {
                MethodIds = request.MfaMethodIds ?? was.MethodIds,
                Accessors = request.AuthMethodAccessors ?? was.Accessors,
                Types = request.AuthMethodTypes ?? was.Types,
                GroupIds = request.IdentityGroupIds ?? was.GroupIds,
                EntityIds = request.IdentityEntityIds ?? was.EntityIds,
            };
            if (await CheckAsync(next, change, ct) is { } bad)
                return bad;
            IReadOnlyList<MfaEnforcement> all = [.. items.Where(e => e.Name != next.Name), next];
            if (all.Count > MostEnforcements)
                return Failure.Invalid("mfa.too_many_enforcements", $"there are at most {MostEnforcements} enforcements");
            Put(change, stored, all);
            return Outcome.Done;
        }
    }

    // An enforcement that names what is not there would let in whom it should not.
    private async ValueTask<Failure?> CheckAsync(MfaEnforcement enforcement, Transaction change, CancellationToken cancellationToken)
    {
        if (enforcement.MethodIds.Count == 0)
            return Invalid("mfa_method_ids", "is required");
        if (enforcement.Accessors.Count + enforcement.Types.Count + enforcement.GroupIds.Count + enforcement.EntityIds.Count == 0)
            return Failure.Invalid(
                "mfa.applies_to_nobody", "one of auth_method_accessors, auth_method_types, identity_group_ids and identity_entity_ids must be given");
        IReadOnlyList<string>[] lists = [enforcement.MethodIds, enforcement.Accessors, enforcement.Types, enforcement.GroupIds, enforcement.EntityIds];
        if (Array.Exists(lists, l => l.Count > MostOfList))
            return Failure.Invalid("mfa.list_too_long", $"a list has at most {MostOfList} items");
        foreach (var id in enforcement.MethodIds.Distinct(StringComparer.Ordinal).Take(50))
        {
            if (await mfa.ReadMethodAsync(id, cancellationToken) is not { } method)
                return Invalid("mfa_method_ids", "an id is not that of a method");
            change.Require(mfa.Records.Methods, id, method.Revision);
        }
        var table = await mounts(cancellationToken);
        if (enforcement.Accessors.Any(a => table.ByAccessor(a) is not { Kind: MountKind.Auth }))
            return Invalid("auth_method_accessors", "no auth method has one of them");
        foreach (var id in enforcement.GroupIds)
        {
            if (await records.ReadGroupAsync(id, cancellationToken) is not { Record.Deleting: false })
                return Invalid("identity_group_ids", "an id is not that of a group");
        }
        foreach (var id in enforcement.EntityIds)
        {
            if (await records.ReadEntityAsync(id, cancellationToken) is not { Record.MergedInto.Length: 0 })
                return Invalid("identity_entity_ids", "an id is not that of an entity");
        }
        return null;
    }

    private async ValueTask<Outcome<Nothing>> DeleteAsync(EnforcementNameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        return await records.ChangeAsync(context, DeleteAsync, cancellationToken);

        async ValueTask<Outcome<Nothing>> DeleteAsync(Transaction change, CancellationToken ct)
        {
            if (await mfa.ReadEnforcementsAsync(ct) is { } stored && stored.Record.Items.Any(e => e.Name == request.Name))
                Put(change, stored, [.. stored.Record.Items.Where(e => e.Name != request.Name)]);
            return Outcome.Done;
        }
    }

    private void Put(Transaction change, StoredRecord<MfaEnforcementsRecord>? was, IReadOnlyList<MfaEnforcement> items) =>
        change.Require(mfa.Records.Root, MfaRecords.EnforcementsName, was?.Revision ?? 0)
            .Put(mfa.Records.Root, MfaRecords.EnforcementsName, new MfaEnforcementsRecord { Items = items }, MfaJson.Enforcements);

    private static Failure Invalid(string field, string what) => Failure.Invalid("mfa.invalid", $"field \"{field}\": {what}");
}
