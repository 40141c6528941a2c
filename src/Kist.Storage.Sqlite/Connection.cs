using Kist.Core.Storage;
using SQLitePCL;

namespace Kist.Storage.Sqlite;

/// <summary>
/// A connection and its prepared statements. Used by one thread at a time. Every method throws <see cref="StoreUnavailableException"/> when SQLite refuses.
/// </summary>
internal sealed class Connection : IDisposable
{
    private readonly string path;
    private readonly sqlite3 handle;
    private readonly List<Statement> statements = [];

    /// <summary>Opens an existing file.</summary>
    public Connection(string path, bool readOnly)
    {
        this.path = path;
        var code = raw.sqlite3_open_v2(path, out handle, (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE) | raw.SQLITE_OPEN_NOMUTEX, null);
        try
        {
            Check(code);
            Check(raw.sqlite3_extended_result_codes(handle, 1));
            // Only for the moments in which another connection recovers or truncates the log.
            Check(raw.sqlite3_busy_timeout(handle, 5000));
            // Catches damage in a page before it is followed; nothing encrypted leaves for a temporary file.
            Execute("PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>True when the file could not be opened for writing.</summary>
    public bool IsReadOnly => raw.sqlite3_db_readonly(handle, "main") == 1;

    /// <summary>False inside of a transaction.</summary>
    public bool IsAutocommit => raw.sqlite3_get_autocommit(handle) != 0;

    /// <summary>Rows that the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(handle);

    /// <summary>Prepares a statement that lives as long as the connection.</summary>
    public Statement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var prepared));
        var statement = new Statement(this, prepared);
        statements.Add(statement);
        return statement;
    }

    /// <summary>Runs statements that answer nothing of interest.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(handle, sql));

    /// <summary>The first column of the first row as text.</summary>
    public string QueryText(string sql)
    {
        Check(raw.sqlite3_prepare_v2(handle, sql, out var prepared));
        using (prepared)
        {
            var code = raw.sqlite3_step(prepared);
            if (code is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
                Check(code);
            return code == raw.SQLITE_ROW ? raw.sqlite3_column_text(prepared, 0).utf8_to_string() ?? "" : "";
        }
    }

    /// <summary>How many pages the connection has written to the log since the last call.</summary>
    public int TakePagesWritten()
    {
        _ = raw.sqlite3_db_status(handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, 1);
        return pages;
    }

    /// <summary>
    /// Copies what it can of the log into the database, without waiting for readers. What fails now (a full disk) is tried again later: nothing is lost by
    /// it, the log has all, and when the log cannot grow commits say so.
    /// </summary>
    public void Checkpoint() => _ = raw.sqlite3_wal_checkpoint_v2(handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _);

    /// <summary>Ends a transaction that failed, if SQLite has not done so already.</summary>
    public void Rollback()
    {
        if (!IsAutocommit)
            _ = raw.sqlite3_exec(handle, "ROLLBACK");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var statement in statements)
            statement.Dispose();
        handle.Dispose();
    }

    /// <summary>Throws when <paramref name="code"/> is an error.</summary>
    public void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw Fault();
    }

    /// <summary>The last error, with what to do about it.</summary>
    public StoreUnavailableException Fault()
    {
        var code = raw.sqlite3_extended_errcode(handle);
        var detail = $"{raw.sqlite3_errmsg(handle).utf8_to_string()} (SQLite error {code})";
        return new StoreUnavailableException($"the database {path} " + (code & 0xFF) switch
        {
            raw.SQLITE_FULL => "cannot grow, the disk is full: free some space",
            raw.SQLITE_READONLY => "is read-only: make the file and its directory writable for the server's user",
            raw.SQLITE_CORRUPT => $"is damaged, {detail}: restore it from a backup",
            raw.SQLITE_NOTADB => "is not a SQLite database: name another file",
            raw.SQLITE_CANTOPEN => $"cannot be opened, {detail}: check that its directory exists and belongs to the server's user",
            raw.SQLITE_BUSY => "is locked by another program: stop that program",
            _ => $"does not answer, {detail}",
        });
    }
}
