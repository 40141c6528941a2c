namespace Kist.Client.Agent;

/// <summary>How the parts of the agent are, for its health endpoint and metrics. Thread-safe.</summary>
/// <param name="time">Says since when.</param>
public sealed class AgentStatus(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, AgentPartStatus> parts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <summary>All parts, by name.</summary>
    public IReadOnlyList<AgentPartStatus> Parts
    {
        get
        {
            lock (gate)
                return [.. parts.Values];
        }
    }

    /// <summary>How often what happened, by the names of metrics.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Counts
    {
        get
        {
            lock (gate)
                return [.. counts];
        }
    }

    /// <summary>A part is to come and has not yet done its work: the agent is not ready before it has.</summary>
    /// <param name="part">Such as <c>login</c> or <c>template /etc/app.conf</c>; never a secret.</param>
    public void Expect(string part) => Set(new AgentPartStatus(part, false, false, "has not been done yet", time.GetUtcNow()));

    /// <summary>A part has done its work.</summary>
    public void Good(string part) => Set(new AgentPartStatus(part, true, true, "", time.GetUtcNow()));

    /// <summary>A part has failed; what it did before still stands.</summary>
    /// <param name="part">Which.</param>
    /// <param name="reason">Why, without a secret.</param>
    public void Bad(string part, string reason) => Set(new AgentPartStatus(part, false, false, reason, time.GetUtcNow()));

    /// <summary>Counts something.</summary>
    /// <param name="metric">A metric's name, such as <c>kist_agent_logins_total</c>.</param>
    public void Count(string metric)
    {
        lock (gate)
            counts[metric] = counts.GetValueOrDefault(metric) + 1;
    }

    private void Set(AgentPartStatus next)
    {
        lock (gate)
        {
            if (parts.TryGetValue(next.Part, out var last))
            {
                var since = last.IsGood == next.IsGood ? last.Since : next.Since;
                next = next with { HasBeenGood = last.HasBeenGood || next.IsGood, Since = since };
            }
            parts[next.Part] = next;
        }
    }
}

/// <summary>How a part of the agent is.</summary>
/// <param name="Part">Its name.</param>
/// <param name="IsGood">Whether its last try succeeded.</param>
/// <param name="HasBeenGood">Whether any did: then the last good value stands.</param>
/// <param name="Reason">Why it is not good; empty when it is.</param>
/// <param name="Since">Since when it is good, or is not.</param>
public sealed record AgentPartStatus(string Part, bool IsGood, bool HasBeenGood, string Reason, DateTimeOffset Since);
