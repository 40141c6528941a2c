using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Engines.Database.Names;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Roles;

/// <summary><c>roles/name</c>.</summary>
internal sealed class RoleEndpoints(Racing racing)
{
    public static async ValueTask<bool> ExistsAsync(RequestContext context, CancellationToken cancellationToken) =>
        EntryName.IsValid(context.Parameters["name"])
        && await DatabaseStore.ReadRoleAsync(context.Storage, context.Parameters["name"], cancellationToken) is not null;

    public static async ValueTask<Outcome<RoleResponse>> ReadAsync(NameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        EntryName.IsValid(request.Name) && await DatabaseStore.ReadRoleAsync(context.Storage, request.Name, cancellationToken) is { } stored
            ? RoleResponse.Of(stored.Record)
            : Failure.NotFound();

    public static ValueTask<Outcome<Nothing>> DeleteAsync(NameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        EntryName.IsValid(request.Name)
            ? Racing.CommitOnceAsync(context, context.Storage.Begin().Delete(context.Storage, DatabaseStore.Roles + request.Name), cancellationToken)
            : new(Outcome.Done);

    public async ValueTask<Outcome<Nothing>> WriteAsync(RoleRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Check() is { } bad)
            return bad;
        return await racing.CommitAsync(context, DatabaseStore.Roles + request.Name, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            var stored = await DatabaseStore.ReadRoleAsync(context.Storage, request.Name, ct);
            if (stored is null != (context.Request.Operation == Operation.Create))
                return Racing.Contention;
            if (await DatabaseStore.ReadStaticRoleAsync(context.Storage, request.Name, ct) is not null)
                return DatabaseFailures.NameTaken;
            var next = request.ApplyTo(stored?.Record ?? new RoleRecord());
            if (!EntryName.IsValid(next.DbName))
                return Failure.Invalid("database.no_db_name", "database name is required");
            var path = DatabaseStore.Roles + request.Name;
            var change = context.Storage.Begin()
                .Require(context.Storage, path, stored?.Revision ?? 0)
                .Require(context.Storage, DatabaseStore.StaticRoles + request.Name, 0)
                .Put(context.Storage, path, next, DatabaseStoredJson.Default.RoleRecord);
            return new(change, Outcome.Done);
        }
    }
}
