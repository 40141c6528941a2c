namespace Kist.Core.Barrier;

/// <summary>When a new term of the keyring starts by itself (<c>sys/rotate/config</c>).</summary>
public sealed record RotationConfig
{
    /// <summary>Least value of <see cref="MaxOperations"/>.</summary>
    public const long LeastOperations = 1_000_000;

    /// <summary>Most value of <see cref="MaxOperations"/>: 90 % of the 2^32 messages that random nonces allow.</summary>
    public const long MostOperations = 3_865_470_566;

    /// <summary>Shortest <see cref="Interval"/> but zero.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromHours(24);

    /// <summary>Encryptions under one term. Even when rotation is off, a new term starts before 2^32.</summary>
    public long MaxOperations { get; init; } = MostOperations;

    /// <summary>Age of a term; zero for no limit.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>False leaves rotation to the command, within 2^32 encryptions.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>What is wrong with the values, or null.</summary>
    public Failure? Check()
    {
        if (MaxOperations is < LeastOperations or > MostOperations)
            return Failure.Invalid("rotate.max_operations", $"max_operations must be from {LeastOperations} to {MostOperations}");
        if (Interval != TimeSpan.Zero && Interval < LeastInterval)
            return Failure.Invalid("rotate.interval", "interval must be 0 (no limit) or at least 24h");
        return null;
    }
}

/// <summary>The term that encrypts now (<c>sys/key-status</c>).</summary>
/// <param name="Term">From 1.</param>
/// <param name="InstalledAt">When it started.</param>
/// <param name="Encryptions">Values encrypted under it, rounded up to what other nodes have reserved.</param>
public sealed record KeyStatus(uint Term, DateTimeOffset InstalledAt, long Encryptions);
