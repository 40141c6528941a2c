using Kist.Core;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Kubernetes.Kms;

/// <summary>
/// What the questions to the remote key left behind; swapped whole. A refusal counts only once it holds: once it was answered at least twice, the last time
/// a grace after the first, with no good answer between and not mostly outages. Who disabled the key says so each time; a server that starts or ends may say
/// it now and then in an outage. Once it holds, nothing but a good answer undoes it.
/// </summary>
internal sealed record RingState
{
    // One refusal alone may be a slip.
    private const int ConfirmedRefusals = 2;

    // Two slips with hours between that nobody asked in are no refusal that held all the time. No less than the time within which Encrypt must end.
    private static readonly TimeSpan RefusalMemory = TimeSpan.FromMinutes(10);

    /// <summary>Nobody has asked yet.</summary>
    public static RingState Initial { get; } = new();

    /// <summary>What encrypts now; null before the first.</summary>
    public LocalKey? Key { get; private init; }

    /// <summary>Whether <see cref="Key"/> is the fallback key's alone.</summary>
    public bool OnFallback { get; private init; }

    /// <summary>Why the last question failed; null when it did not.</summary>
    public Failure? Trouble { get; private init; }

    /// <summary>The last refusal since the last good answer, whatever came after it; null when there was none.</summary>
    public Failure? Refusal { get; private init; }

    /// <summary>When the outage began, as a timestamp; null when the last answer was another one.</summary>
    public long? OutSince { get; private init; }

    /// <summary>True when the remote key refuses, and has done so for long enough to mean it.</summary>
    public bool HasRefused { get; private init; }

    /// <summary>Trouble that nobody wanted.</summary>
    public bool IsOut => OutSince is not null && !HasRefused;

    /// <summary>A refusal that is to be asked about soon: whether it holds is not known yet.</summary>
    public bool IsInDoubt => RefusedSince is not null && !HasRefused;

    // The first and the last refusal since the last good answer, as timestamps.
    private long? RefusedSince { get; init; }

    private long RefusedLast { get; init; }

    private int Refusals { get; init; }

    // Since the first of them.
    private int Outages { get; init; }

    /// <summary>The condition that all this amounts to.</summary>
    public KmsCondition Condition
    {
        get
        {
            if (HasRefused)
                return KmsCondition.Refused;
            if (Key is null)
                return KmsCondition.Starting;
            if (OnFallback)
                return KmsCondition.Fallback;
            return Trouble is null ? KmsCondition.Serving : KmsCondition.Degraded;
        }
    }

    /// <summary>The remote key wraps and unwraps.</summary>
    public static RingState Good(LocalKey key) => new() { Key = key };

    /// <summary>The question failed.</summary>
    public RingState Bad(Failure failure, TimeSpan grace, TimeProvider time)
    {
        var now = time.GetTimestamp();
        if (RemoteFailures.IsOutage(failure))
            return this with { Trouble = failure, OutSince = OutSince ?? now, Outages = Outages + 1 };
        // Of what was answered since the first refusal, this one included, most must have been refusals.
        var goesOn = RefusedSince is not null && time.GetElapsedTime(RefusedLast, now) <= RefusalMemory && Outages <= Refusals;
        var (since, refusals) = goesOn ? (RefusedSince!.Value, Refusals + 1) : (now, 1);
        return this with
        {
            Trouble = failure,
            Refusal = failure,
            OutSince = null,
            Outages = goesOn ? Outages : 0,
            RefusedSince = since,
            RefusedLast = now,
            Refusals = refusals,
            HasRefused = HasRefused || (refusals >= ConfirmedRefusals && time.GetElapsedTime(since, now) >= grace),
        };
    }

    /// <summary>The fallback key takes over.</summary>
    public RingState FallBack(LocalKey key) => this with { Key = key, OnFallback = true };
}
