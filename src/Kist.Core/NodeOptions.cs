namespace Kist.Core;

/// <summary>Settings of a <see cref="Node"/>.</summary>
public sealed record NodeOptions
{
    /// <summary>Names this node in audit records and <c>sys/leader</c>.</summary>
    public string NodeName { get; init; } = "node";

    /// <summary>The program's version, for <c>sys/health</c>.</summary>
    public string Version { get; init; } = "0.0.0";

    /// <summary>A name for people; empty means one made from the cluster's id.</summary>
    public string ClusterName { get; init; } = "";

    /// <summary>The address that clients reach this node by.</summary>
    public string ApiAddress { get; init; } = "";

    /// <summary>The store's kind, for <c>sys/seal-status</c>.</summary>
    public string StorageType { get; init; } = "inmem";

    /// <summary>True with a store that several nodes can share.</summary>
    public bool SharedStore { get; init; }

    /// <summary>Default TTL of tokens and leases.</summary>
    public TimeSpan DefaultLeaseTtl { get; init; } = TimeSpan.FromHours(768);

    /// <summary>Longest TTL of tokens and leases.</summary>
    public TimeSpan MaxLeaseTtl { get; init; } = TimeSpan.FromHours(768);

    /// <summary>Longest time that a request may take; more than zero.</summary>
    public TimeSpan MaxRequestDuration { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Bytes of encrypted entries to keep in memory; a quarter as much again is kept of parsed records.</summary>
    public long CacheBytes { get; init; } = 32L << 20;

    /// <summary>Measures how old this node's knowledge of the store is. Null means the machine's clock, which counts suspension as any other must.</summary>
    public TimeProvider? StoreClock { get; init; }

    /// <summary>
    /// For tests: called at each boundary between a commit and an effect outside the store, by name (<c>lease.prepared</c>), and may wait there for ever, as a
    /// crash does. Null otherwise.
    /// </summary>
    public Func<string, CancellationToken, ValueTask>? Checkpoint { get; init; }

    /// <summary>Hears what the operator should know.</summary>
    public INodeObserver Observer { get; init; } = new SilentObserver();

    private sealed class SilentObserver : INodeObserver
    {
        public void Fault(string requestId, Exception error)
        {
            // Nobody listens.
        }

        public void StoreUnavailable(string requestId, Exception error)
        {
            // Nobody listens.
        }

        public void StateChanged(string state)
        {
            // Nobody listens.
        }

        public void Problem(string problem)
        {
            // Nobody listens.
        }

        public void DutyFailed(string duty, Exception error)
        {
            // Nobody listens.
        }
    }
}

/// <summary>Hears what the operator should know; the host writes it to its log. Calls must return at once.</summary>
public interface INodeObserver
{
    /// <summary>A request met a bug or broken infrastructure.</summary>
    void Fault(string requestId, Exception error);

    /// <summary>A request found the store not answering.</summary>
    void StoreUnavailable(string requestId, Exception error);

    /// <summary>Sealed, unsealed, initialised, leading.</summary>
    void StateChanged(string state);

    /// <summary>Something to look at, said once when it begins.</summary>
    void Problem(string problem);

    /// <summary>A background duty failed; it is tried again.</summary>
    void DutyFailed(string duty, Exception error);
}
