namespace Kist.Crypto.Jose;

/// <summary>A public key that verifies signatures. All threads may use it at once.</summary>
public abstract class VerificationKey
{
    /// <summary>The name that headers may call it by; null for none. It is compared and nothing else.</summary>
    public string? KeyId { get; internal init; }

    /// <summary>The kind of key, for people.</summary>
    public abstract string Description { get; }

    /// <summary>The one algorithm that the key's owner means it for; null when any that fits.</summary>
    internal JwsAlgorithm? Only { get; init; }

    /// <summary>True when signatures of the algorithm can come from this key.</summary>
    public bool Takes(JwsAlgorithm algorithm) => (Only is null || Only == algorithm) && Fits(algorithm);

    /// <summary>True when the key's owner has signed the data. The algorithm is one that it takes.</summary>
    internal abstract bool Verify(JwsAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);

    /// <summary>Whether the algorithm is for this kind of key.</summary>
    private protected abstract bool Fits(JwsAlgorithm algorithm);
}
