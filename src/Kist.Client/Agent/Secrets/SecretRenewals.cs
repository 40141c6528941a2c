using Kist.Client.Agent.Templates;

namespace Kist.Client.Agent.Secrets;

/// <summary>
/// What is due when: leases are renewed in time, and what is to be fetched anew becomes stale. By the timestamps of the clock, which nobody sets.
/// Thread-safe.
/// </summary>
/// <param name="entries">What is known.</param>
/// <param name="requests">Speaks to the server.</param>
/// <param name="options">When to fetch what nobody tells of.</param>
/// <param name="time">The clock.</param>
internal sealed class SecretRenewals(SecretEntries entries, AgentRequests requests, TemplateOptionsConfig options, TimeProvider time)
{
    // Timers stand still while the machine is suspended, and what is due does not.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly Schedule schedule = new(options, time);
    private readonly Pulse scheduled = new();

    /// <summary>Whether nobody tells of changes, so that all is read again from time to time.</summary>
    public bool IsUnwatched
    {
        get => schedule.IsUnwatched;
        set
        {
            lock (entries.Gate)
            {
                if (schedule.IsUnwatched == value)
                    return;
                schedule.IsUnwatched = value;
                foreach (var entry in entries.All.Where(static e => e is { IsStale: false, Fetched.Refreshing: Refreshing.OnNotice }))
                    entry.Due = DueOf(entry.Fetched!);
            }
            scheduled.Send();
        }
    }

    /// <summary>An entry has another answer. The lock is held.</summary>
    public void Take(SecretEntry entry, FetchedSecret fetched)
    {
        entry.Due = DueOf(fetched);
        scheduled.Send();
    }

    /// <summary>Renews leases in time, and lets become stale what is due, until <paramref name="cancellation"/>.</summary>
    public async Task KeepAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            long? due;
            Task woken;
            lock (entries.Gate)
            {
                due = entries.All.Min(static e => e.Due);
                woken = scheduled.Next;
            }
            var pause = due is { } at ? time.Until(at) : LongestWait;
            if (pause > TimeSpan.Zero)
                await Waiting.ForEitherAsync(woken, pause < LongestWait ? pause : LongestWait, time, cancellation);
            else
            {
                // Not waited for: what is due meanwhile is not to come too late.
                foreach (var entry in TakeDue())
                    _ = RenewAsync(entry, cancellation);
            }
        }
        cancellation.ThrowIfCancellationRequested();
    }

    // A time of day, such as that of a certificate, is looked at once: who sets the clock later moves nothing.
    private long? DueOf(FetchedSecret fetched)
    {
        if (fetched.Lease is { } lease)
            return lease.Term.Due;
        return schedule.DueOf(fetched) is { } due ? time.After(due - time.GetUtcNow()) : null;
    }

    // Of what is due: those that are to be renewed; the rest becomes stale.
    private List<SecretEntry> TakeDue()
    {
        var renewable = new List<SecretEntry>();
        lock (entries.Gate)
        {
            foreach (var entry in entries.All.Where(e => e.Due <= time.GetTimestamp()).ToList())
            {
                entry.Due = null;
                if (entry.Fetched?.Lease is { } lease && lease.Term.IsToBeRenewed(time))
                    renewable.Add(entry);
                else
                    entries.MarkStale(entry);
            }
        }
        entries.Announce();
        return renewable;
    }

    private async Task RenewAsync(SecretEntry entry, CancellationToken cancellation)
    {
        var lease = entry.Fetched!.Lease!;
        SecretLease renewed;
        try
        {
            renewed = await LeaseRenewal.AskAsync(lease, requests, time, cancellation);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        lock (entries.Gate)
        {
            if (entry.Fetched.Lease != lease)
                return;
            entry.Fetched = entry.Fetched with { Lease = renewed };
            Take(entry, entry.Fetched);
        }
    }
}
