namespace Kist.Auth.Userpass.Stored;

/// <summary>Logins of a user that failed since the last that succeeded, stored as JSON.</summary>
internal sealed record FailureRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>How many.</summary>
    public int Count { get; init; }

    /// <summary>When the last one was.</summary>
    public DateTimeOffset Last { get; init; }

    /// <summary>Until when the user is locked out; null when he is not.</summary>
    public DateTimeOffset? LockedUntil { get; init; }

    /// <summary>True while the user is locked out.</summary>
    public bool IsLocked(DateTimeOffset now) => LockedUntil > now;
}
