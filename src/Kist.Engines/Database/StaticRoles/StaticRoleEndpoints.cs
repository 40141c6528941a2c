using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Engines.Database.Names;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.StaticRoles;

/// <summary><c>static-roles/name</c>, <c>static-creds/name</c> and <c>rotate-role/name</c>.</summary>
internal sealed class StaticRoleEndpoints(StaticRotation rotation, Racing racing, TimeProvider clock)
{
    private static readonly TimeSpan PatienceOfReaders = TimeSpan.FromSeconds(5);

    public static async ValueTask<bool> ExistsAsync(RequestContext context, CancellationToken cancellationToken) =>
        EntryName.IsValid(context.Parameters["name"])
        && await DatabaseStore.ReadStaticRoleAsync(context.Storage, context.Parameters["name"], cancellationToken) is not null;

    public static async ValueTask<Outcome<StaticRoleResponse>> ReadAsync(NameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        EntryName.IsValid(request.Name) && await DatabaseStore.ReadStaticRoleAsync(context.Storage, request.Name, cancellationToken) is { } stored
            ? StaticRoleResponse.Of(stored.Record)
            : Failure.NotFound();

    public async ValueTask<Outcome<Nothing>> DeleteAsync(NameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (!EntryName.IsValid(request.Name))
            return Outcome.Done;
        return await racing.CommitAsync(context, DatabaseStore.StaticRoles + request.Name, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            var stored = await DatabaseStore.ReadStaticRoleAsync(context.Storage, request.Name, ct);
            return new(DatabaseStore.Replace(context.Storage, request.Name, stored, null), Outcome.Done);
        }
    }

    public ValueTask<Outcome<Nothing>> WriteAsync(StaticRoleRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Check() is { } bad)
            return new(bad);
        return context.Request.Operation == Operation.Create ? CreateAsync(request, context, cancellationToken) : UpdateAsync(request, context, cancellationToken);
    }

    public async ValueTask<Outcome<Nothing>> RotateAsync(NameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (!EntryName.IsValid(request.Name) || await DatabaseStore.ReadStaticRoleAsync(context.Storage, request.Name, cancellationToken) is null)
            return Failure.Invalid("database.unknown_role", "no static role found for role name");
        var rotated = await rotation.RotateAsync(context.Storage, request.Name, null, cancellationToken);
        return rotated.Succeeded
            ? Outcome.Done
            : rotated.Failure with { Message = $"unable to finish rotating credentials, which is tried again by itself: {rotated.Failure.Message}" };
    }

    public async ValueTask<Outcome<StaticCredsResponse>> CredsAsync(NameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (!EntryName.IsValid(request.Name)
            || await DatabaseStore.ReadStaticRoleAsync(context.Storage, request.Name, cancellationToken) is not { Record: var role })
            return DatabaseFailures.UnknownRole(request.Name);
        if (await DatabaseStore.ReadConnectionAsync(context.Storage, role.DbName, cancellationToken) is not { Record: var connection })
            return DatabaseFailures.UnknownConnection(role.DbName);
        if (StaticRotation.CheckAccess(request.Name, role, connection) is { } refused)
            return refused;
        if (role.Staged is { Refused: false })
        {
            var finished = await FinishSoonAsync(request.Name, context, cancellationToken);
            if (finished.Succeeded)
                role = finished.Value;
            else if (role.Password is null)
                return finished.Failure;
            else
                context.Warn("a rotation of this password could not be brought to its end yet: it may be the one before");
        }
        return role.Password is { } password
            ? StaticCredsResponse.Of(role, password, clock.GetUtcNow())
            : Failure.Invalid("database.password_unknown", "the password is not known before its first rotation: rotate it with rotate-role");
    }

    // Readers do not wait for a database that does not answer: they have the password of before.
    private async ValueTask<Outcome<StaticRoleRecord>> FinishSoonAsync(string name, RequestContext context, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(PatienceOfReaders, clock);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await rotation.FinishAsync(context.Storage, name, limited.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failure.Unavailable("database.rotation_unfinished", "a rotation of this password could not be brought to its end in time; try again");
        }
    }

    private async ValueTask<Outcome<Nothing>> CreateAsync(StaticRoleRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var role = request.ToNew(clock.GetUtcNow());
        if (StaticRoleRequest.Check(role) is { } bad)
            return bad;
        // Asked also when the first rotation comes later: it shows whether the role may use the connection.
        var staged = await rotation.StageAsync(context.Storage, request.Name, role, cancellationToken);
        if (!staged.Succeeded)
            return staged.Failure;
        var skips = request.SkipImportRotation is true;
        role = skips ? role : role with { Staged = staged.Value };
        var made = await racing.CommitAsync(context, DatabaseStore.StaticRoles + request.Name, ProposeAsync, cancellationToken);
        if (!made.Succeeded || skips)
            return made;
        var rotated = await rotation.FinishAsync(context.Storage, request.Name, cancellationToken);
        return rotated.Succeeded ? Outcome.Done : await UndoAsync(request.Name, role.Id, rotated.Failure, context, cancellationToken);

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            if (await DatabaseStore.ReadStaticRoleAsync(context.Storage, request.Name, ct) is not null)
                return Racing.Contention;
            if (await DatabaseStore.ReadRoleAsync(context.Storage, request.Name, ct) is not null)
                return DatabaseFailures.NameTaken;
            var change = DatabaseStore.Replace(context.Storage, request.Name, null, role).Require(context.Storage, DatabaseStore.Roles + request.Name, 0);
            return new(change, Outcome.Done);
        }
    }

    // What the database has refused is as it was, and the role goes again. What nobody knows about stays, with the password that the database may have.
    private static async ValueTask<Outcome<Nothing>> UndoAsync(
        string name, string id, Failure failure, RequestContext context, CancellationToken cancellationToken)
    {
        if (failure.Kind == FailureKind.Unavailable)
            return failure with { Message = $"the role was made, and its password is set as soon as that is possible: {failure.Message}" };
        if (await DatabaseStore.ReadStaticRoleAsync(context.Storage, name, cancellationToken) is { Record: { Staged.Refused: true } role } stored && role.Id == id)
        {
            var undone = await DatabaseStore.Replace(context.Storage, name, stored, null).CommitAsync(cancellationToken);
            if (undone.Kind == CommitKind.Committed)
                context.Index = undone.Revision;
        }
        return failure;
    }

    private async ValueTask<Outcome<Nothing>> UpdateAsync(StaticRoleRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.SkipImportRotation is not null || request.Password is not null)
            return Failure.Invalid("database.only_at_creation", "skip_import_rotation and password have no effect on updates");
        return await racing.CommitAsync(context, DatabaseStore.StaticRoles + request.Name, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            if (await DatabaseStore.ReadStaticRoleAsync(context.Storage, request.Name, ct) is not { } stored)
                return Racing.Contention;
            if (request.Username is { } username && username != stored.Record.Username)
                return Failure.Invalid("database.fixed_username", "cannot update static account username");
            if (request.DbName is { } db && db != stored.Record.DbName)
                return Failure.Invalid("database.fixed_db_name", "cannot move a static role to another database, where its password is another: delete it and make it anew");
            var next = request.ApplyTo(stored.Record);
            if (StaticRoleRequest.Check(next) is { } bad)
                return bad;
            if (await DatabaseStore.ReadConnectionAsync(context.Storage, next.DbName, ct) is not { Record: var connection })
                return DatabaseFailures.UnknownConnection(next.DbName);
            return StaticRotation.CheckAccess(request.Name, next, connection) is { } refused
                ? refused
                : new Proposal<Nothing>(DatabaseStore.Replace(context.Storage, request.Name, stored, next), Outcome.Done);
        }
    }
}
