using Kist.Core.Generating;
using Kist.Crypto;

namespace Kist.Engines.Kv.V2.Rotation.Stored;

/// <summary>How far a rotation has come.</summary>
internal static class RotationStep
{
    /// <summary>Nothing is under way.</summary>
    public const string Idle = "idle";

    /// <summary>The new value is stored, and the target may have it or not.</summary>
    public const string Staged = "staged";

    /// <summary>The target has the new value, and the secret does not.</summary>
    public const string Applied = "applied";

    /// <summary>The secret has the new value, and the target still takes the old one.</summary>
    public const string Grace = "grace";
}

/// <summary>The rule by which a secret rotates and where its rotation stands; values are in <see cref="PendingRecord"/>. Stored as JSON.</summary>
internal sealed record RotationRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; set; } = 1;

    /// <summary>Time between rotations; zero with a schedule.</summary>
    public TimeSpan Period { get; set; }

    /// <summary>Five fields of cron; null with a period.</summary>
    public string? Schedule { get; set; }

    /// <summary>How long after its scheduled time a rotation may begin; zero for ever.</summary>
    public TimeSpan Window { get; set; }

    /// <summary>What is generated.</summary>
    public GeneratorSpec Generator { get; set; } = new();

    /// <summary>Fields of the secret, and which generated value each gets.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What hears of it.</summary>
    public TargetRecord Target { get; set; } = new();

    /// <summary>How long the target takes the old value besides the new one.</summary>
    public TimeSpan Grace { get; set; }

    /// <summary>One of <see cref="RotationStep"/>.</summary>
    public string Step { get; set; } = RotationStep.Idle;

    /// <summary>Attempts of this step that have failed.</summary>
    public int Attempts { get; set; }

    /// <summary>Why the last one failed; null when it did not. Never holds a value.</summary>
    public string? LastError { get; set; }

    /// <summary>When the secret last got a new value.</summary>
    public DateTimeOffset? LastRotation { get; set; }

    /// <summary>When the next rotation begins; null for never.</summary>
    public DateTimeOffset? NextRotation { get; set; }

    /// <summary>When somebody has to look at it; null for never.</summary>
    public DateTimeOffset? Due { get; set; }

    /// <summary>Until then one node alone works at it; null when none does.</summary>
    public DateTimeOffset? ClaimedUntil { get; set; }

    /// <summary>The version that the last rotation wrote; 0 for none.</summary>
    public long CurrentVersion { get; set; }

    /// <summary>The version that had the value before; 0 for none.</summary>
    public long PreviousVersion { get; set; }

    /// <summary>Until when the old value is taken; null when it is not.</summary>
    public DateTimeOffset? GraceEnd { get; set; }

    /// <summary>True between the first step and the last but one: nobody can tell from outside which value holds.</summary>
    public bool IsUnderWay => Step is RotationStep.Staged or RotationStep.Applied;
}

/// <summary>A target of a rule.</summary>
internal sealed record TargetRecord
{
    /// <summary>One of <see cref="Targets.TargetType"/>.</summary>
    public string Type { get; set; } = "none";

    /// <summary>http: the address.</summary>
    public string? Url { get; set; }

    /// <summary>http: the bearer token.</summary>
    public SecretText? Token { get; set; }

    /// <summary>http: authorities in PEM.</summary>
    public string? CaPem { get; set; }

    /// <summary>exec: the program's name.</summary>
    public string? Program { get; set; }

    /// <summary>database: the path of the mount.</summary>
    public string? Mount { get; set; }

    /// <summary>database: the connection.</summary>
    public string? Connection { get; set; }

    /// <summary>database: one user, or two who take turns.</summary>
    public IReadOnlyList<string>? Usernames { get; set; }

    /// <summary>database: the secret's field that names which of two users holds.</summary>
    public string? UsernameField { get; set; }
}

/// <summary>The values of a rotation under way, by field of the secret; not remembered by any node. Deleted when the old value is retired.</summary>
internal sealed record PendingRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; set; } = 1;

    /// <summary>Names the rotation for the target, the same at each attempt.</summary>
    public string Id { get; set; } = "";

    /// <summary>The new values.</summary>
    public IReadOnlyDictionary<string, SecretText> New { get; set; } = new Dictionary<string, SecretText>(StringComparer.Ordinal);

    /// <summary>The values before, as far as the secret had any.</summary>
    public IReadOnlyDictionary<string, SecretText> Old { get; set; } = new Dictionary<string, SecretText>(StringComparer.Ordinal);

    /// <summary>database: whose password it is.</summary>
    public string? Username { get; set; }
}
