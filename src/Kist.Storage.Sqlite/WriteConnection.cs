using Kist.Core.Storage;
using SQLitePCL;

namespace Kist.Storage.Sqlite;

/// <summary>The connection that writes, and all that is ever written through it.</summary>
internal sealed class WriteConnection : IDisposable
{
    private readonly string path;
    private readonly Connection connection;
    private readonly Statement begin;
    private readonly Statement commit;
    private readonly Statement find;
    private readonly Statement put;
    private readonly Statement delete;
    private readonly Statement advance;

    /// <summary>Opens the database and makes it ready.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be used; the message says why and what to do.</exception>
    public WriteConnection(string path)
    {
        this.path = path;
        connection = new Connection(path, readOnly: false);
        try
        {
            Schema.Prepare(connection, path);
            begin = connection.Prepare("BEGIN IMMEDIATE");
            commit = connection.Prepare("COMMIT");
            find = connection.Prepare("SELECT revision FROM entries WHERE key = ?1");
            put = connection.Prepare("REPLACE INTO entries (key, revision, value) VALUES (?1, ?2, ?3)");
            delete = connection.Prepare("DELETE FROM entries WHERE key = ?1");
            advance = connection.Prepare("UPDATE store SET revision = ?2 WHERE revision = ?1");
            Revision = connection.Prepare("SELECT revision FROM store").QueryNumber()!.Value;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The revision that was found when the database was opened.</summary>
    public long Revision { get; }

    /// <summary>
    /// Writes a batch as one transaction after revision <paramref name="head"/> and sets the outcome of each. A conflict fails its own transaction only.
    /// </summary>
    /// <returns>False when it is not known whether the batch will be found after a crash; until then it is not.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was written.</exception>
    public bool Commit(List<PendingCommit> batch, long head)
    {
        try
        {
            begin.Execute();
            var revision = head;
            foreach (var pending in batch)
            {
                pending.Outcome = Apply(pending.Transaction, revision);
                revision += pending.IsRevision ? 1 : 0;
            }
            if (revision > head)
                Advance(head, revision);
            return Finish();
        }
        finally
        {
            connection.Rollback();
        }
    }

    /// <summary>Pages written to the log since the last call.</summary>
    public int TakePagesWritten() => connection.TakePagesWritten();

    /// <summary>Copies the log into the database.</summary>
    public void Checkpoint() => connection.Checkpoint();

    /// <summary>What SQLite says of a setting of this connection.</summary>
    public string Setting(string pragma) => connection.QueryText("PRAGMA " + pragma);

    /// <summary>Closes the database. The last connection copies the log into it and removes the log.</summary>
    public void Dispose() => connection.Dispose();

    private CommitOutcome Apply(StoreTransaction transaction, long revision)
    {
        foreach (var (key, expected) in transaction.Preconditions)
        {
            if ((find.Bind(1, key.Span).QueryNumber() ?? 0) != expected)
                return CommitOutcome.Conflict(key);
        }
        if (transaction.Changes.Count == 0)
            return CommitOutcome.Committed(revision);
        foreach (var (key, value) in transaction.Changes)
        {
            if (value is { } bytes)
                put.Bind(1, key.Span).Bind(2, revision + 1).Bind(3, bytes.Span).Execute();
            else
                delete.Bind(1, key.Span).Execute();
        }
        return CommitOutcome.Committed(revision + 1);
    }

    // Watchers and caches of this process know only its own commits: what another program wrote must not pass unseen.
    private void Advance(long from, long to)
    {
        advance.Bind(1, from).Bind(2, to).Execute();
        if (connection.Changes != 1)
            throw new StoreUnavailableException($"the database {path} was changed by another program: restart the server");
    }

    // A full disk, a read-only file and a foreign lock refuse before the last page is written; after any other error the pages may have reached the log.
    private bool Finish() => commit.TryExecute() switch
    {
        raw.SQLITE_DONE => true,
        raw.SQLITE_FULL or raw.SQLITE_READONLY or raw.SQLITE_BUSY => throw connection.Fault(),
        _ => false,
    };
}
