using Kist.Core.Barrier;
using Kist.Core.Identity.Routes;
using Kist.Core.Identity.Stored;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Tokens;

namespace Kist.Core.Identity.Mfa;

/// <summary><c>mfa/login-enforcement</c>: who must prove more at a login.</summary>
internal sealed class EnforcementRoutes(IdentityService identities, MountsLookup mounts)
{
    private const int MostEnforcements = 200;
    private const int MostOfList = 200;

    // Each is a precondition of the commit.
    private const int MostMethods = 50;

    private readonly MfaRecords mfa = identities.Mfa.Records;
    private readonly IdentityRecords records = identities.Space.All[0];

    public void Add(RouteMap map)
    {
        map.List<IdentityListRequest, IdentityKeys<EnforcementResponse>>("mfa/login-enforcement", ListAsync, "List the enforcements of login MFA.");
        map.Read<EnforcementNameRequest, EnforcementResponse>("mfa/login-enforcement/{name}", ReadAsync, "Read an enforcement of login MFA.");
        map.Write<EnforcementRequest, Nothing>(
            "mfa/login-enforcement/{name}", WriteAsync, "Create an enforcement of login MFA, or change the given fields of one.");
        map.Delete<EnforcementNameRequest, Nothing>("mfa/login-enforcement/{name}", DeleteAsync, "Delete an enforcement of login MFA.");
    }

    private async ValueTask<Outcome<IdentityKeys<EnforcementResponse>>> ListAsync(
        IdentityListRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var all = (await mfa.ReadEnforcementsAsync(cancellationToken))?.Record.Items ?? [];
        var listed = all.Where(e => string.CompareOrdinal(e.Name, request.After ?? "") > 0).OrderBy(e => e.Name, StringComparer.Ordinal).ToList();
        if (request.Limit > 0)
            listed = [.. listed.Take(request.Limit)];
        return listed.Count > 0
            ? new IdentityKeys<EnforcementResponse>(
                [.. listed.Select(e => e.Name)], listed.ToDictionary(e => e.Name, EnforcementResponse.Of, StringComparer.Ordinal))
            : Failure.NotFound();
    }

    private async ValueTask<Outcome<EnforcementResponse>> ReadAsync(
        EnforcementNameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        (await mfa.ReadEnforcementsAsync(cancellationToken))?.Record.Items.FirstOrDefault(e => e.Name == request.Name) is { } found
            ? EnforcementResponse.Of(found)
            : Failure.NotFound();

    private async ValueTask<Outcome<Nothing>> WriteAsync(EnforcementRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Name is not { } name || !TokenRoles.IsName(name))
            return Invalid("name", "has letters, digits, \"_\", and between them \"-\" and \".\"");
        return await records.ChangeAsync(context, WriteAsync, cancellationToken);

        async ValueTask<Outcome<Nothing>> WriteAsync(Transaction change, CancellationToken ct)
        {
            var stored = await mfa.ReadEnforcementsAsync(ct);
            var items = stored?.Record.Items ?? [];
            var was = items.FirstOrDefault(e => e.Name == name) ?? new MfaEnforcement { Id = IdentityRecords.NewId(), Name = name };
            var next = was with
            {
                MethodIds = request.MfaMethodIds ?? was.MethodIds,
                Accessors = request.AuthMethodAccessors ?? was.Accessors,
                Types = request.AuthMethodTypes ?? was.Types,
                GroupIds = request.IdentityGroupIds ?? was.GroupIds,
                EntityIds = request.IdentityEntityIds ?? was.EntityIds,
            };
            if ((Check(next) ?? await CheckAsync(request, change, ct)) is { } bad)
                return bad;
            IReadOnlyList<MfaEnforcement> all = [.. items.Where(e => e.Name != next.Name), next];
            if (all.Count > MostEnforcements)
                return Failure.Invalid("mfa.too_many_enforcements", $"there are at most {MostEnforcements} enforcements");
            Put(change, stored, all);
            return Outcome.Done;
        }
    }

    private static Failure? Check(MfaEnforcement enforcement)
    {
        if (enforcement.MethodIds.Count == 0)
            return Invalid("mfa_method_ids", "is required");
        if (enforcement.Accessors.Count + enforcement.Types.Count + enforcement.GroupIds.Count + enforcement.EntityIds.Count == 0)
            return Failure.Invalid(
                "mfa.applies_to_nobody", "one of auth_method_accessors, auth_method_types, identity_group_ids and identity_entity_ids must be given");
        if (enforcement.MethodIds.Count > MostMethods)
            return Failure.Invalid("mfa.list_too_long", $"an enforcement has at most {MostMethods} methods");
        IReadOnlyList<string>[] lists = [enforcement.Accessors, enforcement.Types, enforcement.GroupIds, enforcement.EntityIds];
        return Array.Exists(lists, l => l.Count > MostOfList) ? Failure.Invalid("mfa.list_too_long", $"a list has at most {MostOfList} items") : null;
    }

    // One that names what is not there would let in whom it should not. What was there when it was given, and has gone since, stands in nobody's way.
    private async ValueTask<Failure?> CheckAsync(EnforcementRequest given, Transaction change, CancellationToken cancellationToken)
    {
        foreach (var id in (given.MfaMethodIds ?? []).Distinct(StringComparer.Ordinal))
        {
            if (await mfa.ReadMethodAsync(id, cancellationToken) is not { } method)
                return Invalid("mfa_method_ids", "an id is not that of a method");
            change.Require(mfa.Methods, id, method.Revision);
        }
        // What makes tokens of tokens asks nobody for a second proof.
        var methods = (await mounts(cancellationToken)).All.Where(m => m is { Kind: MountKind.Auth, BuiltIn: false }).ToList();
        if ((given.AuthMethodAccessors ?? []).Any(a => methods.TrueForAll(m => m.Accessor != a)))
            return Invalid("auth_method_accessors", "no auth method that one logs in by has one of them");
        if ((given.AuthMethodTypes ?? []).Any(t => methods.TrueForAll(m => m.TypeName != t)))
            return Invalid("auth_method_types", "no auth method that one logs in by is enabled of one of them");
        foreach (var id in given.IdentityGroupIds ?? [])
        {
            if (await records.ReadGroupAsync(id, cancellationToken) is not { Record.Deleting: false })
                return Invalid("identity_group_ids", "an id is not that of a group");
        }
        foreach (var id in given.IdentityEntityIds ?? [])
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
        change.Require(mfa.Root, MfaRecords.EnforcementsName, was?.Revision ?? 0)
            .Put(mfa.Root, MfaRecords.EnforcementsName, new MfaEnforcementsRecord { Items = items }, MfaJson.Enforcements);

    private static Failure Invalid(string field, string what) => Failure.Invalid("mfa.invalid", $"field \"{field}\": {what}");
}
