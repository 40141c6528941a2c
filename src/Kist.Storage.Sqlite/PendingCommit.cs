using Kist.Core.Storage;

namespace Kist.Storage.Sqlite;

/// <summary>A transaction that waits for its answer. The caller continues on a thread of its own, never on the writer's.</summary>
internal sealed class PendingCommit(StoreTransaction transaction)
    : TaskCompletionSource<CommitOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public StoreTransaction Transaction => transaction;

    /// <summary>What the answer is once the batch is durable.</summary>
    public CommitOutcome Outcome { get; set; }

    /// <summary>True when the transaction made a revision of its own.</summary>
    public bool IsRevision => Outcome.Succeeded && transaction.Changes.Count > 0;
}
