namespace Kist.Core.Leases;

/// <summary>What an engine asks a lease for, before it makes the secret.</summary>
public sealed record LeasePlan
{
    /// <summary>
    /// What the engine needs to revoke the secret, and to do so when it cannot know whether the secret was ever made: JSON, at most 64 KiB. It is encrypted like
    /// any value, but a password that revoking does not need has no place in it.
    /// </summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>
    /// Names what the secret lives in (a connection), within the mount: how many revocations run at once, and how long they rest when it does not answer, is
    /// decided for each target by itself.
    /// </summary>
    public required string Target { get; init; }

    /// <summary>The role's TTL; zero for the mount's.</summary>
    public TimeSpan Ttl { get; init; }

    /// <summary>The role's longest TTL; zero for the mount's.</summary>
    public TimeSpan MaxTtl { get; init; }

    /// <summary>True when it can be renewed.</summary>
    public bool Renewable { get; init; } = true;
}

/// <summary>A lease that is kept by the store already, while its secret is being made.</summary>
public sealed class LeaseGrant
{
    private readonly TimeProvider time;
    private readonly long began;
    private readonly TimeSpan patience;
    private readonly DateTimeOffset deadline;

    /// <param name="id">The lease id.</param>
    /// <param name="entry">The lease as it was prepared.</param>
    /// <param name="time">The clock.</param>
    /// <param name="patience">How long the secret may be made.</param>
    internal LeaseGrant(string id, LeaseEntry entry, TimeProvider time, TimeSpan patience)
    {
        (Id, Ttl, ExpiresAt) = (id, entry.CreationTtl, entry.ExpiresAt);
        (this.time, this.patience) = (time, patience);
        began = time.GetTimestamp();
        deadline = entry.IssuedAt + patience;
    }

    /// <summary>The lease id.</summary>
    public string Id { get; }

    /// <summary>How long the secret holds.</summary>
    public TimeSpan Ttl { get; }

    /// <summary>When it ends, by the server's clock.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>
    /// True once so much time has passed that others may hold the request for dead and revoke the lease: then the secret must not be made any more. An
    /// engine asks last thing before each effect outside.
    /// </summary>
    // By both clocks: a machine that was suspended has a monotonic one that stood still.
    public bool IsVoid => time.GetElapsedTime(began) >= patience || time.GetUtcNow() >= deadline;
}

/// <summary>A lease as its engine sees it.</summary>
/// <param name="Id">The lease id.</param>
/// <param name="Data"><see cref="LeasePlan.Data"/>.</param>
/// <param name="ExpiresAt">When it ends.</param>
/// <param name="Confirmed">False when the secret may never have been made.</param>
public sealed record IssuedLease(string Id, ReadOnlyMemory<byte> Data, DateTimeOffset ExpiresAt, bool Confirmed);

/// <summary>The terms of a lease as they are now.</summary>
/// <param name="Ttl">The role's TTL; zero for the mount's.</param>
/// <param name="MaxTtl">The role's longest TTL; zero for the mount's.</param>
public readonly record struct LeaseTerms(TimeSpan Ttl, TimeSpan MaxTtl);
