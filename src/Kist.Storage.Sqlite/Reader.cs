using Kist.Core.Storage;

namespace Kist.Storage.Sqlite;

/// <summary>A connection for reads. Each read is one snapshot and takes the revision from the same.</summary>
internal sealed class Reader : IDisposable
{
    private readonly Connection connection;
    private readonly Statement begin;
    private readonly Statement end;
    private readonly Statement revision;
    private readonly Statement only;
    private readonly Statement one;
    private readonly Statement range;
    private readonly Statement keys;

    public Reader(string path)
    {
        connection = new Connection(path, readOnly: true);
        // What is read often is in the cache above and in the system's; several readers need not keep it again.
        connection.Execute("PRAGMA cache_size = -512");
        begin = connection.Prepare("BEGIN");
        end = connection.Prepare("COMMIT");
        revision = connection.Prepare("SELECT revision FROM store");
        only = connection.Prepare("SELECT s.revision, e.revision, e.value FROM store s LEFT JOIN entries e ON e.key = ?1");
        one = connection.Prepare("SELECT revision, value FROM entries WHERE key = ?1");
        range = connection.Prepare("SELECT key, revision, value FROM entries WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3");
        keys = connection.Prepare("SELECT key, revision FROM entries WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3");
    }

    public GetResult Get(IReadOnlyList<StoreKey> wanted)
    {
        if (wanted.Count == 1)
            return GetOnly(wanted[0]);
        var entries = new StoreEntry?[wanted.Count];
        begin.Execute();
        try
        {
            var at = revision.QueryNumber()!.Value;
            for (var i = 0; i < entries.Length; i++)
                entries[i] = Find(wanted[i]);
            return new GetResult(at, entries);
        }
        finally
        {
            end.Execute();
        }
    }

    public RangeResult Range(StoreKey from, StoreKey to, int limit, bool keysOnly)
    {
        begin.Execute();
        try
        {
            var entries = Entries(keysOnly ? keys : range, from, to, limit + 1, keysOnly);
            var more = entries.Count > limit;
            if (more)
                entries.RemoveAt(limit);
            return new RangeResult(revision.QueryNumber()!.Value, entries, more);
        }
        finally
        {
            end.Execute();
        }
    }

    /// <summary>Begins a snapshot that lasts until the reader is disposed of.</summary>
    public void Hold()
    {
        begin.Execute();
        _ = revision.QueryNumber();
    }

    /// <summary>The next entries of the snapshot that <see cref="Hold"/> began.</summary>
    public List<StoreEntry> Page(StoreKey from, StoreKey to, int limit) => Entries(range, from, to, limit, keysOnly: false);

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();

    // A statement alone is a snapshot: the common read of one key needs no transaction around it.
    private GetResult GetOnly(StoreKey key)
    {
        try
        {
            _ = only.Bind(1, key.Span).Step();
            var written = only.Number(1);
            return new GetResult(only.Number(0), [written > 0 ? new StoreEntry(key, only.Bytes(2).ToArray(), written) : null]);
        }
        finally
        {
            only.Reset();
        }
    }

    private StoreEntry? Find(StoreKey key)
    {
        try
        {
            return one.Bind(1, key.Span).Step() ? new StoreEntry(key, one.Bytes(1).ToArray(), one.Number(0)) : null;
        }
        finally
        {
            one.Reset();
        }
    }

    private static List<StoreEntry> Entries(Statement statement, StoreKey from, StoreKey to, int limit, bool keysOnly)
    {
        var entries = new List<StoreEntry>();
        try
        {
            _ = statement.Bind(1, from.Span).Bind(2, to.Span).Bind(3, limit);
            while (statement.Step())
                entries.Add(new StoreEntry(new(statement.Bytes(0).ToArray()), keysOnly ? default : statement.Bytes(2).ToArray(), statement.Number(1)));
            return entries;
        }
        finally
        {
            statement.Reset();
        }
    }
}
