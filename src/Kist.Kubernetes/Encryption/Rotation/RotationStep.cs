namespace Kist.Kubernetes.Encryption.Rotation;

/// <summary>How far a rotation is.</summary>
public enum RotationStage
{
    /// <summary>The new key is to be added as a reader.</summary>
    Add,

    /// <summary>Every API server must be able to read with it.</summary>
    LoadAdded,

    /// <summary>The new key is to write.</summary>
    Promote,

    /// <summary>Every API server must write with it.</summary>
    LoadPromoted,

    /// <summary>What is there is to be rewritten.</summary>
    Rewrite,

    /// <summary>The old keys are to be taken out.</summary>
    Remove,

    /// <summary>Every API server must have forgotten them.</summary>
    LoadRemoved,

    /// <summary>The new key writes, and nothing is left of the old ones.</summary>
    Done,
}

/// <summary>What a step came to.</summary>
/// <param name="Stage">Where the rotation stands.</param>
/// <param name="Text">What was done, or what somebody has to do.</param>
/// <param name="MustWait">True when it cannot go on by itself now.</param>
public sealed record RotationStep(RotationStage Stage, string Text, bool MustWait);

/// <summary>How a rotation goes.</summary>
public sealed record RotationOptions
{
    /// <summary>Fewest digits of a fingerprint that count.</summary>
    public const int LeastConfirmed = 8;

    /// <summary>Say what would be done, and do nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>
    /// The fingerprint (or its beginning, eight digits at least) of the file that somebody has seen loaded by every API server that does not tell by
    /// itself.
    /// </summary>
    public string Confirmed { get; init; } = "";

    /// <summary>
    /// Somebody says that the servers which are named are all that there are; it counts where no server keeps a lease by which others would be seen.
    /// </summary>
    public bool ServersAreAll { get; init; }
}
