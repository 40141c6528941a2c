using SQLitePCL;

namespace Kist.Storage.Sqlite;

/// <summary>A prepared statement, used again and again. Every run ends with <see cref="Reset"/>, also after an error.</summary>
internal sealed class Statement(Connection connection, sqlite3_stmt handle) : IDisposable
{
    /// <summary>Binds a number to a parameter, counted from 1.</summary>
    public Statement Bind(int index, long value)
    {
        connection.Check(raw.sqlite3_bind_int64(handle, index, value));
        return this;
    }

    /// <summary>Binds bytes; they are copied.</summary>
    public Statement Bind(int index, ReadOnlySpan<byte> value)
    {
        // The binding takes an empty span for NULL.
        connection.Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(handle, index, 0) : raw.sqlite3_bind_blob(handle, index, value));
        return this;
    }

    /// <summary>Goes to the next row; false at the end.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(handle);
        if (code == raw.SQLITE_ROW)
            return true;
        if (code != raw.SQLITE_DONE)
            connection.Check(code);
        return false;
    }

    /// <summary>Runs a statement that answers no rows.</summary>
    public void Execute()
    {
        try
        {
            _ = Step();
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Runs a statement that answers no rows and answers its primary result code instead of throwing.</summary>
    public int TryExecute()
    {
        var code = raw.sqlite3_step(handle);
        Reset();
        return code & 0xFF;
    }

    /// <summary>The number in the first column of the first row, or null without a row.</summary>
    public long? QueryNumber()
    {
        try
        {
            return Step() ? Number(0) : null;
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>A column of the row, counted from 0.</summary>
    public long Number(int column) => raw.sqlite3_column_int64(handle, column);

    /// <summary>A column of the row; valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(handle, column);

    /// <summary>Ends the run, and with it a read outside of a transaction. An error of the run was told by <see cref="Step"/> already.</summary>
    public void Reset() => _ = raw.sqlite3_reset(handle);

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}
