using Kist.Crypto;

namespace Kist.Engines.Database.Stored;

/// <summary>A role that stands for one user of the database, whose password is rotated. Stored as JSON.</summary>
internal sealed record StaticRoleRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Random: another role of the same name is another role.</summary>
    public required string Id { get; init; }

    /// <summary>The connection.</summary>
    public string DbName { get; init; } = "";

    /// <summary>The user. It never changes.</summary>
    public string Username { get; init; } = "";

    /// <summary>Age of a password at which it is rotated.</summary>
    public TimeSpan RotationPeriod { get; init; }

    /// <summary>Set a password; empty for the plugin's way.</summary>
    public IReadOnlyList<string> RotationStatements { get; init; } = [];

    /// <summary><c>password</c>.</summary>
    public string CredentialType { get; init; } = "password";

    /// <summary>Makes the passwords; empty for the connection's.</summary>
    public string PasswordPolicy { get; init; } = "";

    /// <summary>The password that the database has; null when it is not known yet.</summary>
    public SecretText? Password { get; init; }

    /// <summary>When the password was last rotated, or the role taken over.</summary>
    public DateTimeOffset? Rotated { get; init; }

    /// <summary>
    /// A rotation that has begun: the password is here before the database learns of it, and until it is known that the database has it. Null when none is
    /// under way.
    /// </summary>
    public StagedPassword? Staged { get; init; }

    /// <summary>When the password is to be rotated; a rotation that has begun is due at once.</summary>
    public DateTimeOffset Due => Staged is { } begun ? begun.At : NextRotation;

    /// <summary>When the next rotation begins by itself. The one place for other ways to say when.</summary>
    public DateTimeOffset NextRotation => (Rotated ?? DateTimeOffset.UnixEpoch) + RotationPeriod;
}

/// <summary>A password on its way into the database.</summary>
internal sealed record StagedPassword
{
    /// <summary>The password.</summary>
    public required SecretText Password { get; init; }

    /// <summary>When the rotation began.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The database has refused it once: the next attempt takes another, unless the database has it after all.</summary>
    public bool Refused { get; init; }
}
