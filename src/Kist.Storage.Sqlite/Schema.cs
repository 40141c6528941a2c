using System.Globalization;
using Kist.Core.Storage;

namespace Kist.Storage.Sqlite;

/// <summary>The layout of the file.</summary>
internal static class Schema
{
    /// <summary>Raised by each change of the layout.</summary>
    private const int Version = 1;

    // "Kist" in ASCII: tells our files from other SQLite databases.
    private const string ApplicationId = "1265202036";

    // Without a rowid, an entry is one row of one tree: against a table with an index on the key a commit writes a fifth less, a read takes two thirds and a
    // range of keys a third of the time (entries up to 400 bytes; beyond 900 they take more room). The revision stands before the value, so that reading
    // keys does not follow the pages of long values.
    private const string Create = $"""
        BEGIN IMMEDIATE;
        PRAGMA application_id = {ApplicationId};
        CREATE TABLE store (id INTEGER PRIMARY KEY CHECK (id = 1), schema INTEGER NOT NULL, revision INTEGER NOT NULL);
        CREATE TABLE entries (key BLOB PRIMARY KEY, revision INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;
        INSERT INTO store (id, schema, revision) VALUES (1, 1, 0);
        COMMIT;
        """;

    /// <summary>Makes a new file ours, or proves that an old one is and is whole.</summary>
    /// <exception cref="StoreUnavailableException">The file is read-only, damaged, another program's or a later version's.</exception>
    public static void Prepare(Connection connection, string path)
    {
        if (connection.IsReadOnly)
            throw new StoreUnavailableException($"the database {path} is read-only: make the file writable for the server's user");
        // A new file gets its tables before it gets a log: the rollback journal also makes its name in the directory durable.
        connection.Execute("PRAGMA synchronous = FULL");
        if (connection.QueryText("SELECT count(*) FROM sqlite_schema") is "0")
            connection.Execute(Create);
        else
            CheckOurs(connection, path);
        if (connection.QueryText("PRAGMA journal_mode = WAL") is not "wal")
            throw new StoreUnavailableException($"the database {path} is on a file system that cannot keep a write-ahead log: choose a local one");
        // The writer checkpoints when it has answered its callers. What a burst made of the log is given back.
        connection.Execute("PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -4096");
    }

    private static void CheckOurs(Connection connection, string path)
    {
        if (connection.QueryText("PRAGMA application_id") is not ApplicationId)
            throw new StoreUnavailableException($"the file {path} is a database of another program: name another file");
        // Every page and the order of every key; what a value holds, the barrier authenticates when it is read.
        if (connection.QueryText("PRAGMA quick_check(1)") is var finding and not "ok")
            throw new StoreUnavailableException($"the database {path} is damaged, {finding}: restore it from a backup");
        var version = int.Parse(connection.QueryText("SELECT schema FROM store"), CultureInfo.InvariantCulture);
        if (version != Version)
            throw new StoreUnavailableException($"the database {path} has layout {version} and this program knows {Version}: use the program's version that wrote it");
    }
}
