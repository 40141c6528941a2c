using System.ComponentModel;
using Kist.Core.Audit;
using Kist.Core.Generating;
using Kist.Crypto;

namespace Kist.Engines.Kv.V2.Rotation;

internal sealed record RotationRequest
{
    [Description("Path of the secret.")]
    public required string Path { get; set; }

    [Description("Time between rotations, at least 1m. Either this or schedule.")]
    [AuditPlain]
    public TimeSpan? Period { get; set; }

    [Description("When to rotate: five fields of cron, in UTC. Either this or period.")]
    [AuditPlain]
    public string? Schedule { get; set; }

    [Description("With a schedule: how long after its time a rotation may still begin, at least 1m; without it any time later.")]
    [AuditPlain]
    public TimeSpan? Window { get; set; }

    [Description(
        "What to generate: kind and its parameters, as kist generate has them, or {\"policy\": name} for a password policy. A password by default.")]
    public GeneratorSpec? Generator { get; set; }

    [Description(
        "Which field of the secret gets which generated value: password, passphrase, value, private_key, public_key. Equal names by default.")]
    [AuditPlain]
    public IReadOnlyDictionary<string, string>? Fields { get; set; }

    [Description("What hears of new values; nothing by default.")]
    public TargetRequest? Target { get; set; }

    [Description("How long the target takes the old value besides the new one; 0 by default.")]
    [AuditPlain]
    public TimeSpan? Grace { get; set; }
}

internal sealed record TargetRequest
{
    [Description("none (default), http, exec or database.")]
    [AuditPlain]
    public string Type { get; set; } = Targets.TargetType.None;

    [Description("http: the address, below one that the server's configuration allows.")]
    [AuditPlain]
    public string? Url { get; set; }

    [Description("http: a bearer token to send. It is never shown; a rule that is written without it has none.")]
    public SecretText? Token { get; set; }

    [Description("http: authorities (PEM) that the target is trusted by; the system's if not given.")]
    [AuditPlain]
    public string? CaPem { get; set; }

    [Description("exec: the name of a program in the folder that the server's configuration names.")]
    [AuditPlain]
    public string? Program { get; set; }

    [Description("database: the path of the engine.")]
    [AuditPlain]
    public string? Mount { get; set; }

    [Description("database: the connection.")]
    [AuditPlain]
    public string? Connection { get; set; }

    [Description("database: the user.")]
    [AuditPlain]
    public string? Username { get; set; }

    [Description("database, in place of username: two users who take turns, so that the one before works until the next rotation.")]
    [AuditPlain]
    public IReadOnlyList<string>? Usernames { get; set; }

    [Description("database, with usernames: the field of the secret that names the user; username by default.")]
    [AuditPlain]
    public string? UsernameField { get; set; }
}

internal sealed record DeleteRotationRequest
{
    [Description("Path of the secret.")]
    public required string Path { get; set; }

    [Description("Delete it also while a rotation is under way: the new value, which the target may have, is lost then.")]
    [AuditPlain]
    public bool Force { get; set; }
}

internal sealed record RotationResponse
{
    [AuditPlain]
    public required string Period { get; init; }

    [AuditPlain]
    public string? Schedule { get; init; }

    [AuditPlain]
    public required string Window { get; init; }

    public required GeneratorSpec Generator { get; init; }

    [AuditPlain]
    public required IReadOnlyDictionary<string, string> Fields { get; init; }

    [AuditPlain]
    public required TargetResponse Target { get; init; }

    [AuditPlain]
    public required string Grace { get; init; }

    [Description("idle, staged, applied, grace; or failed: then step says where.")]
    [AuditPlain]
    public required string Phase { get; init; }

    [Description("How far the rotation has come: idle, staged, applied or grace.")]
    [AuditPlain]
    public required string Step { get; init; }

    [Description("Attempts of this step that have failed.")]
    [AuditPlain]
    public int Attempts { get; init; }

    [Description("Why the last attempt failed; null when it did not.")]
    [AuditPlain]
    public string? LastError { get; init; }

    [Description("When the step is tried again; null when nothing has failed.")]
    [AuditPlain]
    public DateTimeOffset? NextAttempt { get; init; }

    [Description("When the secret last got a new value from here.")]
    [AuditPlain]
    public DateTimeOffset? LastRotation { get; init; }

    [Description("When the next rotation begins.")]
    [AuditPlain]
    public DateTimeOffset? NextRotation { get; init; }

    [Description("The version that the last rotation wrote; 0 for none.")]
    [AuditPlain]
    public long CurrentVersion { get; init; }

    [Description("The version before it; 0 for none.")]
    [AuditPlain]
    public long PreviousVersion { get; init; }

    [Description("Until when the old value is taken; null when it is not.")]
    [AuditPlain]
    public DateTimeOffset? GraceEnd { get; init; }
}

internal sealed record TargetResponse
{
    public required string Type { get; init; }

    public string? Url { get; init; }

    [Description("True when a bearer token is sent.")]
    public bool HasToken { get; init; }

    public string? CaPem { get; init; }

    public string? Program { get; init; }

    public string? Mount { get; init; }

    public string? Connection { get; init; }

    public IReadOnlyList<string>? Usernames { get; init; }

    public string? UsernameField { get; init; }
}
