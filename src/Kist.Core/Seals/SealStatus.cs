using Kist.Crypto;

namespace Kist.Core.Seals;

/// <summary>What <c>sys/seal-status</c> tells of a node.</summary>
public sealed record SealStatus
{
    /// <summary><c>shamir</c>, or the type of the auto-unseal seal.</summary>
    public required string Type { get; init; }

    /// <summary>True once the store has a keyring.</summary>
    public required bool Initialized { get; init; }

    /// <summary>True while this node's barrier is sealed.</summary>
    public required bool Sealed { get; init; }

    /// <summary>Shares that exist; 0 before initialisation.</summary>
    public int Shares { get; init; }

    /// <summary>Shares that are needed; 0 before initialisation.</summary>
    public int Threshold { get; init; }

    /// <summary>Shares that this node has gathered for the unseal under way.</summary>
    public int Progress { get; init; }

    /// <summary>Names the unseal under way, or empty.</summary>
    public string Nonce { get; init; } = "";

    /// <summary>True when the shares are of the recovery key, because a seal unseals the node.</summary>
    public bool RecoverySeal { get; init; }
}

/// <summary>The shares that initialisation or a rekey made, shown once and never stored. Dispose them after the answer.</summary>
/// <param name="Shares">33 bytes each, or the whole key of 32 bytes when there is one share.</param>
/// <param name="AreRecoveryShares">True when they form the recovery key: they authorise operators but unseal nothing.</param>
public sealed record OperatorShares(IReadOnlyList<SecretBytes> Shares, bool AreRecoveryShares)
{
    /// <summary>
    /// What went wrong once the store may have taken the key that these form, or null. They are handed out all the same, because they may be the only ones.
    /// </summary>
    public Exception? Trouble { get; init; }
}
