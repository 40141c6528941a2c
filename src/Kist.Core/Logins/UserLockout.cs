namespace Kist.Core.Logins;

/// <summary>When a user whose password was given wrong several times is let in no more for a while. The defaults are Vault's.</summary>
public sealed record UserLockout
{
    /// <summary>What a mount has that sets nothing.</summary>
    public static UserLockout Default { get; } = new();

    /// <summary>After how many wrong passwords; at least 1.</summary>
    public int Threshold { get; init; } = 5;

    /// <summary>For how long.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long after a wrong password it counts no more.</summary>
    public TimeSpan CounterReset { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Nobody is locked out.</summary>
    public bool Disabled { get; init; }
}
