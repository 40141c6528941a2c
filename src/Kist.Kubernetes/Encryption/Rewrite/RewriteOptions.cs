namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>How objects are rewritten.</summary>
public sealed record RewriteOptions
{
    /// <summary>How many at once.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>Most objects a second, each of which is two requests; null for as many as the API server takes.</summary>
    public double? PerSecond { get; init; } = 50;

    /// <summary>How often an object is read anew because somebody else changed it in between.</summary>
    public int ConflictAttempts { get; init; } = 30;

    /// <summary>Only counts.</summary>
    public bool DryRun { get; init; }

    /// <summary>Measures time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
