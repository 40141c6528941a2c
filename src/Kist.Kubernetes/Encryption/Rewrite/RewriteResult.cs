using Kist.Core;

namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>What became of an object.</summary>
public enum RewriteFate
{
    /// <summary>It was written anew.</summary>
    Rewritten,

    /// <summary>The API server saw no reason to: it is stored as it would be stored now.</summary>
    Current,

    /// <summary>It was deleted meanwhile.</summary>
    Gone,

    /// <summary>It could not be written.</summary>
    Failed,
}

/// <summary>What could not be rewritten.</summary>
/// <param name="Key">The object, or the resource.</param>
/// <param name="Message">Why, in the API server's words.</param>
public sealed record RewriteFailure(string Key, string Message);

/// <summary>How many objects had which fate.</summary>
/// <param name="Rewritten">Were written anew.</param>
/// <param name="Current">Needed nothing.</param>
/// <param name="Gone">Were deleted meanwhile.</param>
/// <param name="Failed">Could not be written.</param>
public readonly record struct RewriteCounts(long Rewritten, long Current, long Gone, long Failed)
{
    /// <summary>All.</summary>
    public long Objects => Rewritten + Current + Gone + Failed;

    /// <summary>With one more.</summary>
    public RewriteCounts With(RewriteFate fate) => fate switch
    {
        RewriteFate.Rewritten => this with { Rewritten = Rewritten + 1 },
        RewriteFate.Current => this with { Current = Current + 1 },
        RewriteFate.Gone => this with { Gone = Gone + 1 },
        _ => this with { Failed = Failed + 1 },
    };
}

/// <summary>What a rewrite came to.</summary>
/// <param name="Total">All resources.</param>
/// <param name="ByResource">Each resource, in order.</param>
public sealed record RewriteResult(RewriteCounts Total, IReadOnlyDictionary<string, RewriteCounts> ByResource)
{
    /// <summary>Most failures that are kept one by one.</summary>
    public const int MostFailures = 1000;

    /// <summary>What could not be rewritten, the first <see cref="MostFailures"/> of it.</summary>
    public IReadOnlyList<RewriteFailure> Failures { get; init; } = [];

    /// <summary>All up to this place are done: another run can start after it. Null when none is.</summary>
    public RewriteKey? Last { get; init; }

    /// <summary>Why it ended before its end; null when it did not.</summary>
    public Failure? Ended { get; init; }

    /// <summary>The user ended it.</summary>
    public bool IsInterrupted { get; init; }

    /// <summary>Everything was done, and nothing failed.</summary>
    public bool IsComplete => Ended is null && !IsInterrupted && Failures.Count == 0;
}

/// <summary>How far a rewrite is.</summary>
/// <param name="Done">Objects that are done with.</param>
/// <param name="Expected">How many there are in all; null when that is not known yet.</param>
public readonly record struct RewriteProgress(long Done, long? Expected);
