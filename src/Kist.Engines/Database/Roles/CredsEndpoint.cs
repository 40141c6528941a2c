using System.ComponentModel;
using System.Text.Json;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Leases;
using Kist.Core.Pipeline;
using Kist.Crypto;
using Kist.Engines.Database.Connections;
using Kist.Engines.Database.Names;
using Kist.Engines.Database.Plugins;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Roles;

internal sealed record CredsResponse
{
    [Description("The new user.")]
    [AuditPlain]
    public required string Username { get; init; }

    [Description("Its password.")]
    public required SecretText Password { get; init; }
}

/// <summary><c>creds/name</c>: makes a user that lives as long as its lease.</summary>
internal sealed class CredsEndpoint(ConnectionPool pool, TimeProvider clock)
{
    public async ValueTask<Outcome<CredsResponse>> HandleAsync(NameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var found = await FindAsync(request.Name, context, cancellationToken);
        if (!found.Succeeded)
            return found.Failure;
        var (role, connection) = found.Value;
        var name = NameOf(connection, request.Name, context);
        if (!name.Succeeded)
            return name.Failure;
        if (!pool.Plugins.First(p => p.Name == connection.PluginName).CanName(name.Value, [.. role.RevocationStatements, .. role.RenewStatements]))
        {
            return Failure.Invalid(
                "database.unsafe_statement",
                "the user was not made, because the role's statements that renew or end it cannot have its name put into them safely: put {{name}} in double quotes "
                + "there, outside of other text, or change username_template");
        }
        var password = await NewPassword.GenerateAsync(context.Storage, role.PasswordPolicy, connection, cancellationToken);
        if (!password.Succeeded)
            return password.Failure;
        if (await CheckFreeAsync(role, name.Value, context, cancellationToken) is { } taken)
            return taken;
        var leased = new LeasedUser { DbName = role.DbName, Role = request.Name, Username = name.Value, RevocationStatements = role.RevocationStatements };
        var plan = new LeasePlan
        {
            Data = JsonSerializer.SerializeToUtf8Bytes(leased, DatabaseStoredJson.Default.LeasedUser),
            Target = role.DbName,
            Ttl = role.DefaultTtl,
            MaxTtl = role.MaxTtl,
        };
        return await context.Leases.IssueAsync(context, plan, MakeAsync, cancellationToken);

        async ValueTask<Outcome<CredsResponse>> MakeAsync(LeaseGrant grant, CancellationToken ct)
        {
            var user = new NewUser
            {
                Username = name.Value,
                Password = password.Value,
                ExpiresAt = grant.ExpiresAt,
                Statements = role.CreationStatements,
                IsVoid = () => grant.IsVoid,
            };
            var made = await pool.UseAsync(context.Storage, role.DbName, null, (database, c) => database.CreateUserAsync(user, c), ct);
            return made.Succeeded ? new CredsResponse { Username = user.Username, Password = user.Password } : made.Failure;
        }
    }

    private static async ValueTask<Outcome<(RoleRecord Role, ConnectionRecord Connection)>> FindAsync(
        string name, RequestContext context, CancellationToken cancellationToken)
    {
        if (!EntryName.IsValid(name) || await DatabaseStore.ReadRoleAsync(context.Storage, name, cancellationToken) is not { Record: var role })
            return DatabaseFailures.UnknownRole(name);
        if (await DatabaseStore.ReadConnectionAsync(context.Storage, role.DbName, cancellationToken) is not { Record: var connection })
            return DatabaseFailures.UnknownConnection(role.DbName);
        if (!Glob.AnyMatches(connection.AllowedRoles, name))
            return DatabaseFailures.RoleNotAllowed(name);
        return role.CreationStatements.Count == 0
            ? Failure.Invalid("database.no_creation_statements", "empty creation statements")
            : (role, connection);
    }

    private Outcome<string> NameOf(ConnectionRecord connection, string roleName, RequestContext context)
    {
        var text = connection.Details.UsernameTemplate is { Length: > 0 } own ? own : pool.Plugins.First(p => p.Name == connection.PluginName).UsernameTemplate;
        var template = UsernameTemplate.Parse(text);
        return template.Succeeded ? template.Value.Render(new NameSubject(context.Token?.Entry.DisplayName ?? "", roleName), clock.GetUtcNow()) : template.Failure;
    }

    // A lease that fails ends its user. One that is there already is somebody else's, and never gets a lease.
    private async ValueTask<Failure?> CheckFreeAsync(RoleRecord role, string username, RequestContext context, CancellationToken cancellationToken)
    {
        var exists = await pool.UseAsync(context.Storage, role.DbName, null, (database, ct) => database.UserExistsAsync(username, ct), cancellationToken);
        if (!exists.Succeeded)
            return exists.Failure;
        return exists.Value ? Failure.Conflict("database.user_exists", "the database has a user of the new name already: change username_template") : null;
    }
}
