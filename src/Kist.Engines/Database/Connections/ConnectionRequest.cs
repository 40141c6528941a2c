using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Crypto;
using Kist.Engines.Database.Names;
using Kist.Engines.Database.Statements;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Connections;

internal sealed record ConnectionRequest
{
    [Description("Name of the connection.")]
    [AuditPlain]
    public required string Name { get; init; }

    [Description("The kind of database: postgresql-database-plugin.")]
    [AuditPlain]
    public string? PluginName { get; init; }

    [Description("Taken for clients that send it; the plugins are the server's own.")]
    [AuditPlain]
    public string? PluginVersion { get; init; }

    [Description("Try the connection before it is stored; true unless told otherwise.")]
    [AuditPlain]
    public bool? VerifyConnection { get; init; }

    [Description("Roles and static roles that may use it, with * for any characters. None if not given.")]
    [AuditPlain]
    public IReadOnlyList<string>? AllowedRoles { get; init; }

    [Description("Statements that rotate the password of the connection's own user.")]
    [AuditPlain]
    [JsonConverter(typeof(StatementListConverter))]
    public IReadOnlyList<string>? RootRotationStatements { get; init; }

    [Description("The password policy of users' passwords; 20 characters of all kinds if not given.")]
    [AuditPlain]
    public string? PasswordPolicy { get; init; }

    [Description("Address, as a postgresql:// URI or as key=value. {{username}} and {{password}} stand for the fields of that name.")]
    public SecretText? ConnectionUrl { get; init; }

    [Description("The user that administers the others. It should be Kist's alone.")]
    [AuditPlain]
    public string? Username { get; init; }

    [Description("Its password. It is never shown again.")]
    public SecretText? Password { get; init; }

    [Description("How users are named: a template with .DisplayName, .RoleName, random, truncate and the like. It must never give a name twice.")]
    [AuditPlain]
    public string? UsernameTemplate { get; init; }

    [Description("Most connections of each server; 4 if not given.")]
    [AuditPlain]
    public int? MaxOpenConnections { get; init; }

    [Description("Most of them that are kept while nobody uses them: 0 for all, negative for none.")]
    [AuditPlain]
    public int? MaxIdleConnections { get; init; }

    [Description("Age at which a connection is closed; 0 for never.")]
    [AuditPlain]
    public TimeSpan? MaxConnectionLifetime { get; init; }

    [Description("Taken for clients that send it: user and password are never read as a part of the address.")]
    [AuditPlain]
    public bool? DisableEscaping { get; init; }

    [Description("password, or scram-sha-256 to have passwords hashed here, so that they never stand in the database's log.")]
    [AuditPlain]
    public string? PasswordAuthentication { get; init; }

    [Description("Certificate of the user in PEM.")]
    [AuditPlain]
    public string? TlsCertificate { get; init; }

    [Description("Key of that certificate in PEM. It is never shown again.")]
    public SecretText? PrivateKey { get; init; }

    [Description("Authorities that the database is trusted by, in PEM; the system's if not given.")]
    [AuditPlain]
    public string? TlsCa { get; init; }

    /// <summary>The connection with the given fields changed.</summary>
    public ConnectionRecord ApplyTo(ConnectionRecord was) => was with
    {
        PluginName = PluginName ?? was.PluginName,
        VerifyConnection = VerifyConnection ?? was.VerifyConnection,
        AllowedRoles = AllowedRoles ?? was.AllowedRoles,
        RootRotationStatements = RootRotationStatements ?? was.RootRotationStatements,
        PasswordPolicy = PasswordPolicy ?? was.PasswordPolicy,
        // A password that a rotation has just staged may be the right one after all.
        Staged = Password is null ? was.Staged : null,
        Former = FormerOf(was),
        Password = Password is { Utf8.IsEmpty: true } ? null : Password ?? was.Password,
        Details = was.Details with
        {
            ConnectionUrl = ConnectionUrl ?? was.Details.ConnectionUrl,
            Username = Username ?? was.Details.Username,
            UsernameTemplate = UsernameTemplate ?? was.Details.UsernameTemplate,
            MaxOpenConnections = MaxOpenConnections is { } most and not 0 ? most : was.Details.MaxOpenConnections,
            MaxIdleConnections = MaxIdleConnections ?? was.Details.MaxIdleConnections,
            MaxConnectionLifetime = MaxConnectionLifetime ?? was.Details.MaxConnectionLifetime,
            DisableEscaping = DisableEscaping ?? was.Details.DisableEscaping,
            PasswordAuthentication = PasswordAuthentication ?? was.Details.PasswordAuthentication,
            TlsCertificate = TlsCertificate ?? was.Details.TlsCertificate,
            PrivateKey = PrivateKey is { Utf8.IsEmpty: true } ? null : PrivateKey ?? was.Details.PrivateKey,
            TlsCa = TlsCa ?? was.Details.TlsCa,
        },
    };

    // Those of another address or user are good for nothing here, and nobody else's business.
    private IReadOnlyList<SecretText> FormerOf(ConnectionRecord was)
    {
        if (Password is null)
            return was.Former;
        var isElsewhere = (Username ?? was.Details.Username) != was.Details.Username || !Equals(ConnectionUrl ?? was.Details.ConnectionUrl, was.Details.ConnectionUrl);
        return isElsewhere ? [] : (was with { Former = was.Remember(was.Password) }).Remember(was.Staged);
    }

    /// <summary>
    /// Refuses to show the stored password to another address or as another user's: whoever may change a connection need not know it, and could have it sent to
    /// himself. Null when there is nothing to refuse.
    /// </summary>
    public Failure? CheckMove(ConnectionRecord? was, ConnectionRecord next)
    {
        if (was?.Password is null || Password is not null)
            return null;
        var stays = next.Details.Username == was.Details.Username && Equals(next.Details.ConnectionUrl, was.Details.ConnectionUrl);
        return stays ? null : Failure.Invalid(
            "database.password_needed", "connection_url or username changes: give the password again, which is shown to no other address and for no other user");
    }

    /// <summary>What is wrong with the fields, whatever was there; null for nothing.</summary>
    public Failure? Check(TimeProvider clock)
    {
        const int MostRoles = 1000;
        const int LongestField = 64 * 1024;
        if (!EntryName.IsValid(Name))
            return DatabaseFailures.InvalidName;
        if (AllowedRoles is { } roles && (roles.Count > MostRoles || roles.Any(r => r.Length > EntryName.MaxLength)))
            return Failure.Invalid("database.invalid_connection", $"field \"allowed_roles\": has more than {MostRoles} names, or one that is too long");
        if (new[] { Username, TlsCertificate, TlsCa, PasswordPolicy }.Any(f => f?.Length > LongestField) || Password?.Utf8.Length > LongestField)
            return Failure.Invalid("database.invalid_connection", "a field is too long");
        if (UsernameTemplate is { Length: > 0 } template && Names.UsernameTemplate.Check(template, clock) is { } bad)
            return bad;
        return StatementList.Check("root_rotation_statements", RootRotationStatements ?? []);
    }
}
