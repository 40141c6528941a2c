using Kist.Core.Storage;

namespace Kist.Storage.Sqlite;

/// <summary>
/// Commits one batch at a time: all transactions that wait, in one SQLite transaction, with one flush; those that come meanwhile are the next batch. Who comes
/// when nobody writes commits for himself, on his own thread, which saves two changes of thread; a thread of the writer's own goes on with what has come
/// meanwhile, and copies the log into the database, between batches: SQLite up to 3.51.2 can lose commits when a checkpoint meets a write, and here they
/// never do.
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
    private Turn turn;
    private bool closing;

    // These belong to whose turn it is.
    private List<PendingCommit> batch = [];
    private int pages;

    public Writer(WriteConnection connection, CommitHistory history)
    {
        this.connection = connection;
        this.history = history;
        thread = new Thread(Run) { Name = "kist-sqlite-writer", IsBackground = true };
        thread.Start();
    }

    // Whose the connection is.
    private enum Turn
    {
        Nobodys,
        Callers,
        Threads,
    }

    /// <summary>Commits a transaction, or queues it behind the commit under way. Its buffers must stay unchanged until the answer.</summary>
    public Task<CommitOutcome> CommitAsync(StoreTransaction transaction)
    {
        var pending = new PendingCommit(transaction);
        lock (gate)
        {
            if (closing)
                throw new StoreUnavailableException("the store is closed");
            if (turn != Turn.Nobodys)
            {
                waiting.Add(pending);
                return pending.Task;
            }
            turn = Turn.Callers;
        }
        batch.Add(pending);
        CommitBatch();
        lock (gate)
        {
            turn = waiting.Count > 0 || pages >= CheckpointPages ? Turn.Threads : Turn.Nobodys;
            if (turn == Turn.Threads || closing)
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
        while (TakeTurn())
        {
            while (TakeWaiting())
                CommitBatch();
        }
    }

    // False when the store closes and nothing is left to do.
    private bool TakeTurn()
    {
        lock (gate)
        {
            while (turn != Turn.Threads)
            {
                if (closing && turn == Turn.Nobodys)
                    return false;
                _ = Monitor.Wait(gate);
            }
        }
        return true;
    }

    // Gives the turn back when nothing waits. A checkpoint that is due comes first: those who wait for it are the next batch.
    private bool TakeWaiting()
    {
        if (pages >= CheckpointPages)
        {
            connection.Checkpoint();
            pages = 0;
        }
        lock (gate)
        {
            (batch, waiting) = (waiting, batch);
            if (batch.Count == 0)
                turn = Turn.Nobodys;
            return batch.Count > 0;
        }
    }

    private void CommitBatch()
    {
        try
        {
            var known = connection.Commit(batch, history.Head);
            foreach (var pending in batch)
            {
                if (known && pending.IsRevision)
                    history.Append(pending.Outcome.Revision, pending.Transaction.Changes);
            }
            foreach (var pending in batch)
                pending.SetResult(known ? pending.Outcome : CommitOutcome.Unknown);
        }
        catch (Exception e)
        {
            // The writer lives on, whatever befell a batch: a bug is told to those whom it concerns.
            foreach (var pending in batch)
                _ = pending.TrySetException(e);
        }
        pages += connection.TakePagesWritten();
        batch.Clear();
        history.Wake();
    }
}
