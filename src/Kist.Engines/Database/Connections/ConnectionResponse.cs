using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core.Audit;
using Kist.Engines.Database.Plugins;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Connections;

internal sealed record ConnectionResponse
{
    [Description("Roles that may use it.")]
    [AuditPlain]
    public required IReadOnlyList<string> AllowedRoles { get; init; }

    [Description("What the plugin needs, without its secrets.")]
    [AuditPlain]
    public required ConnectionDetailsResponse ConnectionDetails { get; init; }

    [Description("The password policy.")]
    [AuditPlain]
    public required string PasswordPolicy { get; init; }

    [Description("The kind of database.")]
    [AuditPlain]
    public required string PluginName { get; init; }

    [Description("Empty: the plugins are the server's own.")]
    [AuditPlain]
    public string PluginVersion { get; init; } = "";

    [Description("Statements that rotate the password of the connection's own user.")]
    [AuditPlain]
    public required IReadOnlyList<string> RootCredentialsRotateStatements { get; init; }

    [Description("Whether the connection was tried when it was written.")]
    [AuditPlain]
    public bool VerifyConnection { get; init; }

    public static ConnectionResponse Of(ConnectionRecord record, IDatabasePlugin plugin) => new()
    {
        AllowedRoles = record.AllowedRoles,
        PasswordPolicy = record.PasswordPolicy,
        PluginName = record.PluginName,
        RootCredentialsRotateStatements = record.RootRotationStatements,
        VerifyConnection = record.VerifyConnection,
        ConnectionDetails = new()
        {
            ConnectionUrl = record.Details.ConnectionUrl is { } url ? plugin.Redact(url.Reveal()).Text : null,
            Username = record.Details.Username,
            UsernameTemplate = NullIfEmpty(record.Details.UsernameTemplate),
            MaxOpenConnections = record.Details.MaxOpenConnections,
            MaxIdleConnections = record.Details.MaxIdleConnections,
            MaxConnectionLifetime = record.Details.MaxConnectionLifetime,
            DisableEscaping = record.Details.DisableEscaping,
            PasswordAuthentication = NullIfEmpty(record.Details.PasswordAuthentication),
            TlsCertificate = NullIfEmpty(record.Details.TlsCertificate),
            TlsCa = NullIfEmpty(record.Details.TlsCa),
        },
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}

internal sealed record ConnectionDetailsResponse
{
    [Description("The address, with a password in it hidden.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ConnectionUrl { get; init; }

    [Description("The user.")]
    public string Username { get; init; } = "";

    [Description("How users are named.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UsernameTemplate { get; init; }

    [Description("Most connections of each server.")]
    public int MaxOpenConnections { get; init; }

    [Description("Most of them that are kept.")]
    public int MaxIdleConnections { get; init; }

    [Description("Age at which a connection is closed.")]
    public TimeSpan MaxConnectionLifetime { get; init; }

    [Description("As it was written.")]
    public bool DisableEscaping { get; init; }

    [Description("How passwords reach the database.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PasswordAuthentication { get; init; }

    [Description("Certificate of the user.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TlsCertificate { get; init; }

    [Description("Authorities that the database is trusted by.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TlsCa { get; init; }
}
