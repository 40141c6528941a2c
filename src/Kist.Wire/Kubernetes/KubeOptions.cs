using Kist.Wire.Kubernetes.Config;

namespace Kist.Wire.Kubernetes;

/// <summary>How a client behaves.</summary>
public sealed record KubeOptions
{
    /// <summary>Where the API server is and who asks.</summary>
    public required KubeConnection Connection { get; init; }

    /// <summary>What the server sees as the program; API servers keep it as the manager of the fields that it changes.</summary>
    public string UserAgent { get; init; } = "kist";

    /// <summary>How long one answer may take. Watches have a time of their own.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(65);

    /// <summary>How long a connection may take to be made.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often a request is sent at most: again when the server asks for it (<c>Retry-After</c>), or when the connection failed and sending twice
    /// does no harm.
    /// </summary>
    public int Attempts { get; init; } = 10;

    /// <summary>The wait before the second attempt after a failed connection; each further one is twice as long, up to five seconds.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait that a server can ask for.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The largest answer that is taken.</summary>
    public int MaxReceiveBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>Measures time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
