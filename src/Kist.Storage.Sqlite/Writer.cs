using Kist.Core.Storage;

namespace Kist.Storage.Sqlite;

/// <summary>
/// The one thread that writes. It commits all transactions that wait in one SQLite transaction, with one flush; those that come meanwhile are the next batch.
/// It also copies the log into the database, between batches: SQLite up to 3.51.2 can lose commits when a checkpoint meets a write, and here they never do.
/// </summary>
internal sealed class Writer : IDisposable
{
    /// <summary>Pages in the log that make a checkpoint due: about ten milliseconds of work on a common disk.</summary>
    private const int CheckpointPages = 1000;

    private readonly object gate = new();
    private readonly WriteConnection connection;
    private readonly CommitHistory history;
    private readonly Thread thread;
    private List<PendingCommit> waiting = [];
    private bool closing;

    public Writer(WriteConnection connection, CommitHistory history)
    {
        this.connection = connection;
        this.history = history;
        thread = new Thread(Run) { Name = "kist-sqlite-writer", IsBackground = true };
        thread.Start();
    }

    /// <summary>Queues a transaction. Its buffers must stay unchanged until the answer.</summary>
    public Task<CommitOutcome> CommitAsync(StoreTransaction transaction)
    {
        var pending = new PendingCommit(transaction);
        lock (gate)
        {
            if (closing)
                throw new StoreUnavailableException("the store is closed");
            waiting.Add(pending);
            if (waiting.Count == 1)
                Monitor.Pulse(gate);
        }
        return pending.Task;
    }

    /// <summary>Commits what still waits and ends the thread.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            closing = true;
            Monitor.Pulse(gate);
        }
        thread.Join();
    }

    private void Run()
    {
        var batch = new List<PendingCommit>();
        var pages = 0;
        while (TakeWaiting(ref batch))
        {
            Commit(batch);
            batch.Clear();
            pages += connection.TakePagesWritten();
            if (pages < CheckpointPages)
                continue;
            connection.Checkpoint();
            pages = 0;
        }
    }

    private bool TakeWaiting(ref List<PendingCommit> batch)
    {
        lock (gate)
        {
            while (waiting.Count == 0 && !closing)
                _ = Monitor.Wait(gate);
            (batch, waiting) = (waiting, batch);
        }
        return batch.Count > 0;
    }

    private void Commit(List<PendingCommit> batch)
    {
        try
        {
            var known = connection.Commit(batch, history.Head);
            foreach (var pending in batch.Where(p => known && p.IsRevision))
                history.Append(pending.Outcome.Revision, pending.Transaction.Changes);
            foreach (var pending in batch)
                pending.SetResult(known ? pending.Outcome : CommitOutcome.Unknown);
        }
        catch (Exception e)
        {
            // The writer lives on, whatever befell a batch: a bug is told to those whom it concerns.
            foreach (var pending in batch)
                _ = pending.TrySetException(e);
        }
    }
}
