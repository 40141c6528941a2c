using Kist.Core;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Kubernetes.Kms;

/// <summary>What the last question to the remote key left behind; swapped whole.</summary>
internal sealed record RingState
{
    // One refusal alone may be a slip.
    private const int ConfirmedRefusals = 2;

    /// <summary>Nobody has asked yet.</summary>
    public static RingState Initial { get; } = new();

    /// <summary>What encrypts now; null before the first.</summary>
    public LocalKey? Key { get; private init; }

    /// <summary>Whether <see cref="Key"/> is the fallback key's alone.</summary>
    public bool OnFallback { get; private init; }

    /// <summary>Why the last question failed; null when it did not.</summary>
    public Failure? Trouble { get; private init; }

    /// <summary>When the remote key began to refuse, as a timestamp; null when it does not. An outage in between changes nothing.</summary>
    public long? RefusedSince { get; private init; }

    /// <summary>When the trouble began, as a timestamp; null without any.</summary>
    public long? TroubledSince { get; private init; }

    private int Refusals { get; init; }

    /// <summary>Trouble that nobody wanted.</summary>
    public bool IsOut => Trouble is { } trouble && RefusedSince is null && RemoteFailures.IsOutage(trouble);

    /// <summary>The remote key wraps and unwraps.</summary>
    public static RingState Good(LocalKey key) => new() { Key = key };

    /// <summary>The question failed.</summary>
    public RingState Bad(Failure failure, long now) => RemoteFailures.IsOutage(failure)
        ? this with { Trouble = failure, TroubledSince = TroubledSince ?? now }
        : this with { Trouble = failure, TroubledSince = TroubledSince ?? now, RefusedSince = RefusedSince ?? now, Refusals = Refusals + 1 };

    /// <summary>The fallback key takes over.</summary>
    public RingState FallBack(LocalKey key) => this with { Key = key, OnFallback = true };

    /// <summary>True when the refusal has lasted.</summary>
    public bool HasRefused(TimeSpan grace, TimeProvider time) =>
        RefusedSince is { } since && Refusals >= ConfirmedRefusals && time.GetElapsedTime(since) >= grace;

    /// <summary>The condition that all this amounts to.</summary>
    public KmsCondition Condition(TimeSpan grace, TimeProvider time)
    {
        if (HasRefused(grace, time))
            return KmsCondition.Refused;
        if (Key is null)
            return KmsCondition.Starting;
        if (OnFallback)
            return KmsCondition.Fallback;
        return Trouble is null ? KmsCondition.Serving : KmsCondition.Degraded;
    }
}
