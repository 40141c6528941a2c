using Kist.Core.Storage;

namespace Kist.Core.Barrier;

/// <summary>Bounds of a node's barrier.</summary>
public sealed record BarrierOptions
{
    private readonly int reservationBlock = 65_536;

    /// <summary>
    /// Encryptions that a node reserves at once from the count in the keyring, and so at most loses in a crash. At least a transaction's changes; default 65,536.
    /// </summary>
    public int ReservationBlock
    {
        get => reservationBlock;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, StoreLimits.Changes);
            reservationBlock = value;
        }
    }

    /// <summary>Bound of the parsed records kept in memory, in bytes (estimated). Default 32 MiB.</summary>
    public long RecordMemoBytes { get; init; } = 32 << 20;

    /// <summary>See <see cref="NodeOptions.Checkpoint"/>.</summary>
    public Func<string, CancellationToken, ValueTask>? Checkpoint { get; init; }
}
