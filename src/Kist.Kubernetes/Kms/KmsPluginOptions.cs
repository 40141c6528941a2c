namespace Kist.Kubernetes.Kms;

/// <summary>How a plugin behaves.</summary>
public sealed record KmsPluginOptions
{
    /// <summary>How often the remote key is asked for its version, and whether it still wraps and unwraps.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often while there is no key to serve with, or only the fallback key.</summary>
    public TimeSpan PollIntervalWithoutKey { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a remote key must go on refusing before Encrypt ends: long enough for a token that is renewed, short enough that a key which somebody
    /// disabled is out of use within ten minutes, the API server's three included.
    /// </summary>
    public TimeSpan RefusalGrace { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a remote key must be out at the start before the fallback key encrypts: networks may come up late.</summary>
    public TimeSpan FallbackAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A local key makes room for a new one after this time.</summary>
    public TimeSpan LocalKeyAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// A local key makes room for a new one after this many encryptions in this process. While the remote key is out it serves on; random nonces allow
    /// 2^32 under one key, and at <see cref="MostUses"/> Encrypt ends.
    /// </summary>
    public long LocalKeyUses { get; init; } = 1L << 20;

    /// <summary>No local key encrypts more often.</summary>
    public long MostUses { get; init; } = 1L << 31;

    /// <summary>How many unwrapped local keys are kept for Decrypt.</summary>
    public int CachedKeys { get; init; } = 1000;

    /// <summary>How long one answer of the remote key may take. API servers wait three seconds by default.</summary>
    public TimeSpan RemoteTimeout { get; init; } = TimeSpan.FromMilliseconds(2500);
}
