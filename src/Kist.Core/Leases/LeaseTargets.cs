using System.Collections.Concurrent;

namespace Kist.Core.Leases;

/// <summary>What the secrets of many leases live in, as one piece of work meets it: what has not answered a few times in a row is not asked for each of them.</summary>
internal sealed class LeaseTargets
{
    private const int MostUnanswered = 3;

    private readonly ConcurrentDictionary<string, int> unanswered = new(StringComparer.Ordinal);

    /// <summary>True for a target that is not worth asking any more.</summary>
    public bool IsGivenUp(LeaseEntry lease) => unanswered.GetValueOrDefault(LeaseDue.TargetOf(lease)) >= MostUnanswered;

    /// <summary>Takes note of how a revocation ended.</summary>
    public void Note(LeaseEntry lease, Outcome<Nothing> revoked)
    {
        var target = LeaseDue.TargetOf(lease);
        if (revoked.Failure?.Kind == FailureKind.Unavailable)
            _ = unanswered.AddOrUpdate(target, 1, static (_, count) => count + 1);
        else
            _ = unanswered.TryRemove(target, out int _);
    }
}
