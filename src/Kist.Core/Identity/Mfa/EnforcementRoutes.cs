using Kist.Core.Barrier;
using Kist.Core.Identity.Oidc;
using Kist.Core.Identity.Routes;
using Kist.Core.Identity.Stored;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Identity.Mfa;

/// <summary><c>mfa/login-enforcement</c>: who must prove more at a login.</summary>
internal sealed class EnforcementRoutes(IdentityService identities, MountsLookup mounts)
{
    private const int MostEnforcements = 200;
    private const int MostOfList = 200;

    private readonly MfaService mfa = identities.Mfa;
    private readonly IdentityRecords records = identities.Space.All[0];

    public void Add(RouteMap map)
    {
        map.List<IdentityListRequest, IdentityKeys>("mfa/login-enforcement", ListAsync, "List the enforcements of login MFA.");
        map.Read<EnforcementNameRequest, EnforcementResponse>("mfa/login-enforcement/{name}", ReadAsync, "Read an enforcement of login MFA.");
        map.Write<EnforcementRequest, Nothing>(
            "mfa/login-enforcement/{name}", WriteAsync, "Create an enforcement of login MFA, or change the given fields of one.");
        map.Delete<EnforcementNameRequest, Nothing>("mfa/login-enforcement/{name}", DeleteAsync, "Delete an enforcement of login MFA.");
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
