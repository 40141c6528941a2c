using System.ComponentModel;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Crypto;
using Kist.Engines.Database.Names;
using Kist.Engines.Database.Statements;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.StaticRoles;

internal sealed record StaticRoleRequest
{
    [Description("Name of the role.")]
    [AuditPlain]
    public required string Name { get; init; }

    [Description("The connection.")]
    [AuditPlain]
    public string? DbName { get; init; }

    [Description("The user of the database. It cannot be changed.")]
    [AuditPlain]
    public string? Username { get; init; }

    [Description("Age of a password at which it is rotated; at least 5s. What is due is looked for twice a minute.")]
    [AuditPlain]
    public TimeSpan? RotationPeriod { get; init; }

    [Description("Statements that set {{password}} for {{name}}.")]
    [AuditPlain]
    [JsonConverter(typeof(StatementListConverter))]
    public IReadOnlyList<string>? RotationStatements { get; init; }

    [Description("password.")]
    [AuditPlain]
    public string? CredentialType { get; init; }

    [Description("password_policy: the policy of passwords, in the place of the connection's.")]
    [AuditPlain]
    public IReadOnlyDictionary<string, string>? CredentialConfig { get; init; }

    [Description("Take the user over as it is: the first rotation comes when the period is over, and not now. At creation only.")]
    [AuditPlain]
    public bool? SkipImportRotation { get; init; }

    [Description("The password that the user has, for skip_import_rotation.")]
    public SecretText? Password { get; init; }

    /// <summary>A new role.</summary>
    public StaticRoleRecord ToNew(DateTimeOffset now) => ApplyTo(new StaticRoleRecord
    {
        Id = RandomNumberGenerator.GetHexString(32, lowercase: true),
        Username = Username ?? "",
        Password = Password is { Utf8.IsEmpty: false } ? Password : null,
        Rotated = SkipImportRotation is true ? now : null,
    });

    /// <summary>The role with the given fields changed.</summary>
    public StaticRoleRecord ApplyTo(StaticRoleRecord was) => was with
    {
        DbName = DbName ?? was.DbName,
        RotationPeriod = RotationPeriod ?? was.RotationPeriod,
        RotationStatements = RotationStatements ?? was.RotationStatements,
        CredentialType = CredentialType ?? was.CredentialType,
        PasswordPolicy = Roles.CredentialType.PolicyOf(CredentialConfig) ?? was.PasswordPolicy,
    };

    /// <summary>What is wrong with the fields, whatever was there; null for nothing.</summary>
    public Failure? Check()
    {
        const int LongestUsername = 256;
        if (!EntryName.IsValid(Name))
            return DatabaseFailures.InvalidName;
        if (Username?.Length > LongestUsername || Password?.Utf8.Length > 4096)
            return Failure.Invalid("database.invalid_static_role", "username or password is too long");
        return Roles.CredentialType.Check(CredentialType, CredentialConfig) ?? StatementList.Check("rotation_statements", RotationStatements ?? []);
    }

    /// <summary>What is wrong with the role that came of them; null for nothing.</summary>
    public static Failure? Check(StaticRoleRecord role)
    {
        if (!EntryName.IsValid(role.DbName))
            return Failure.Invalid("database.no_db_name", "database name is a required field");
        if (role.Username.Length == 0)
            return Failure.Invalid("database.no_username", "username is a required field to create a static account");
        if (role.RotationPeriod == TimeSpan.Zero)
            return Failure.Invalid("database.no_rotation_period", "rotation_period is required to create static accounts");
        if (role.RotationPeriod < TimeSpan.FromSeconds(5))
            return Failure.Invalid("database.invalid_rotation_period", "rotation_period must be 5 seconds or more");
        return role.RotationPeriod > TimeSpan.FromDays(36_500)
            ? Failure.Invalid("database.invalid_rotation_period", "rotation_period must be at most 36500 days")
            : null;
    }
}

internal sealed record StaticRoleResponse
{
    [Description("The connection.")]
    [AuditPlain]
    public required string DbName { get; init; }

    [Description("The user.")]
    [AuditPlain]
    public required string Username { get; init; }

    [Description("Statements that set a password.")]
    [AuditPlain]
    public required IReadOnlyList<string> RotationStatements { get; init; }

    [Description("Age of a password at which it is rotated.")]
    [AuditPlain]
    public TimeSpan RotationPeriod { get; init; }

    [Description("When the password was last rotated.")]
    [AuditPlain]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? LastVaultRotation { get; init; }

    [Description("What the user proves itself by.")]
    [AuditPlain]
    public required string CredentialType { get; init; }

    [Description("How that is made.")]
    [AuditPlain]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? CredentialConfig { get; init; }

    public static StaticRoleResponse Of(StaticRoleRecord role) => new()
    {
        DbName = role.DbName,
        Username = role.Username,
        RotationStatements = role.RotationStatements,
        RotationPeriod = role.RotationPeriod,
        LastVaultRotation = role.Rotated,
        CredentialType = role.CredentialType,
        CredentialConfig = Roles.CredentialType.ConfigOf(role.PasswordPolicy),
    };
}
