namespace Kist.Kubernetes.Kms;

/// <summary>How a plugin behaves.</summary>
public sealed record KmsPluginOptions
{
    /// <summary>How often the remote key is asked for its version, and whether it still wraps and unwraps.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often while there is no key to serve with, or only the fallback key.</summary>
    public TimeSpan PollIntervalWithoutKey { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often after a refusal, until it is known whether it holds: on a clock of its own, so that a long interval does not keep Encrypt going.</summary>
    public TimeSpan PollIntervalInDoubt { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a remote key must go on refusing before Encrypt ends and the fallback key stands in no more: long enough for a token that is renewed and for
    /// a proxy that answers in the place of a server that is away. With <see cref="PollInterval"/> at most <see cref="MostPollAndGrace"/>.
    /// </summary>
    public TimeSpan RefusalGrace { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The most that <see cref="PollInterval"/> and <see cref="RefusalGrace"/> may be together: a key that somebody disabled is out of use within ten
    /// minutes, of which three are the API server's own and one is for slow answers.
    /// </summary>
    public static TimeSpan MostPollAndGrace { get; } = TimeSpan.FromMinutes(6);

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
