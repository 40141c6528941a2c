using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Engines.Database.Names;
using Kist.Engines.Database.Statements;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Roles;

internal sealed record RoleRequest
{
    [Description("Name of the role.")]
    [AuditPlain]
    public required string Name { get; init; }

    [Description("The connection.")]
    [AuditPlain]
    public string? DbName { get; init; }

    [Description("Lifetime of a user; the mount's if not given.")]
    [AuditPlain]
    public TimeSpan? DefaultTtl { get; init; }

    [Description("Longest lifetime of a user; the mount's if not given.")]
    [AuditPlain]
    public TimeSpan? MaxTtl { get; init; }

    [Description("Statements that make a user. {{name}}, {{password}} and {{expiration}} stand for its values.")]
    [AuditPlain]
    [JsonConverter(typeof(StatementListConverter))]
    public IReadOnlyList<string>? CreationStatements { get; init; }

    [Description("Statements that end a user; its rights are taken and it is dropped if not given.")]
    [AuditPlain]
    [JsonConverter(typeof(StatementListConverter))]
    public IReadOnlyList<string>? RevocationStatements { get; init; }

    [Description("Statements for databases that do not make a user wholly or not at all. PostgreSQL does.")]
    [AuditPlain]
    [JsonConverter(typeof(StatementListConverter))]
    public IReadOnlyList<string>? RollbackStatements { get; init; }

    [Description("Statements that let a user live until {{expiration}}; its end is moved if not given.")]
    [AuditPlain]
    [JsonConverter(typeof(StatementListConverter))]
    public IReadOnlyList<string>? RenewStatements { get; init; }

    [Description("password.")]
    [AuditPlain]
    public string? CredentialType { get; init; }

    [Description("password_policy: the policy of passwords, in the place of the connection's.")]
    [AuditPlain]
    public IReadOnlyDictionary<string, string>? CredentialConfig { get; init; }

    /// <summary>The role with the given fields changed.</summary>
    public RoleRecord ApplyTo(RoleRecord was) => was with
    {
        DbName = DbName ?? was.DbName,
        DefaultTtl = DefaultTtl ?? was.DefaultTtl,
        MaxTtl = MaxTtl ?? was.MaxTtl,
        CreationStatements = CreationStatements ?? was.CreationStatements,
        RevocationStatements = RevocationStatements ?? was.RevocationStatements,
        RollbackStatements = RollbackStatements ?? was.RollbackStatements,
        RenewStatements = RenewStatements ?? was.RenewStatements,
        CredentialType = CredentialType ?? was.CredentialType,
        PasswordPolicy = Roles.CredentialType.PolicyOf(CredentialConfig) ?? was.PasswordPolicy,
    };

    /// <summary>What is wrong with the fields, whatever was there; null for nothing.</summary>
    public Failure? Check()
    {
        if (!EntryName.IsValid(Name))
            return DatabaseFailures.InvalidName;
        if (DefaultTtl < TimeSpan.Zero || MaxTtl < TimeSpan.Zero)
            return Failure.Invalid("database.invalid_ttl", "a TTL cannot be negative");
        return Roles.CredentialType.Check(CredentialType, CredentialConfig)
            ?? StatementList.Check("creation_statements", CreationStatements ?? [])
            ?? StatementList.Check("revocation_statements", RevocationStatements ?? [])
            ?? StatementList.Check("rollback_statements", RollbackStatements ?? [])
            ?? StatementList.Check("renew_statements", RenewStatements ?? []);
    }
}

internal sealed record RoleResponse
{
    [Description("The connection.")]
    [AuditPlain]
    public required string DbName { get; init; }

    [Description("Make a user.")]
    [AuditPlain]
    public required IReadOnlyList<string> CreationStatements { get; init; }

    [Description("End a user.")]
    [AuditPlain]
    public required IReadOnlyList<string> RevocationStatements { get; init; }

    [Description("Take back what a creation began.")]
    [AuditPlain]
    public required IReadOnlyList<string> RollbackStatements { get; init; }

    [Description("Let a user live on.")]
    [AuditPlain]
    public required IReadOnlyList<string> RenewStatements { get; init; }

    [Description("Lifetime of a user.")]
    [AuditPlain]
    public TimeSpan DefaultTtl { get; init; }

    [Description("Longest lifetime of a user.")]
    [AuditPlain]
    public TimeSpan MaxTtl { get; init; }

    [Description("What users prove themselves by.")]
    [AuditPlain]
    public required string CredentialType { get; init; }

    [Description("How that is made.")]
    [AuditPlain]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? CredentialConfig { get; init; }

    public static RoleResponse Of(RoleRecord role) => new()
    {
        DbName = role.DbName,
        CreationStatements = role.CreationStatements,
        RevocationStatements = role.RevocationStatements,
        RollbackStatements = role.RollbackStatements,
        RenewStatements = role.RenewStatements,
        DefaultTtl = role.DefaultTtl,
        MaxTtl = role.MaxTtl,
        CredentialType = role.CredentialType,
        CredentialConfig = Roles.CredentialType.ConfigOf(role.PasswordPolicy),
    };
}
