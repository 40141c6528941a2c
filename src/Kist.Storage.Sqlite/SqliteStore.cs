using System.Runtime.CompilerServices;
using Kist.Core.Storage;

namespace Kist.Storage.Sqlite;

/// <summary>
/// The default store: one SQLite file, owned by one process. Reads are snapshots on the caller's thread; commits are batched by one writer and durable when
/// they return.
/// </summary>
public sealed class SqliteStore : IStore
{
    private const int ExportPage = 100;

    private readonly string path;
    private readonly FileOwner owner;
    private readonly WriteConnection connection;
    private readonly Writer writer;
    private readonly ReaderPool readers;
    private readonly CommitHistory history;
    private readonly LocalElections elections;
    private volatile bool closed;

    private SqliteStore(string path, FileOwner owner, WriteConnection connection)
    {
        this.path = path;
        this.owner = owner;
        this.connection = connection;
        history = new(connection.Revision);
        writer = new(connection, history);
        readers = new(path);
        elections = new(this);
    }

    /// <summary>
    /// Opens the database, or makes a new one with mode 0600, and checks that it is whole. Beside it stand its log (<c>-wal</c>), the log's index (<c>-shm</c>)
    /// and the claim of the process (<c>-lock</c>).
    /// </summary>
    /// <param name="path">The file, in an existing directory of a local file system.</param>
    /// <exception cref="StoreUnavailableException">
    /// The file is in use, damaged, read-only, not ours or of a later version, or SQLite is not installed. The message says what to do.
    /// </exception>
    public static SqliteStore Open(string path)
    {
        SqliteLibrary.Load();
        path = WithoutLink(Path.GetFullPath(path));
        var claimed = FileOwner.Claim(path);
        try
        {
            return new SqliteStore(path, claimed, new WriteConnection(path));
        }
        catch
        {
            claimed.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<GetResult> GetAsync(IReadOnlyList<StoreKey> keys, CancellationToken cancellationToken) =>
        Read(reader => reader.Get(keys), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<RangeResult> RangeAsync(StoreKey from, StoreKey to, int limit, bool keysOnly, CancellationToken cancellationToken)
    {
        StoreLimits.Check(limit);
        return Read(reader => reader.Range(from, to, limit, keysOnly), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<CommitOutcome> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        StoreLimits.Check(transaction);
        cancellationToken.ThrowIfCancellationRequested();
        return new(writer.CommitAsync(transaction));
    }

    /// <inheritdoc/>
    public ValueTask<long> HeadAsync(CancellationToken cancellationToken)
    {
        ThrowIfClosed(cancellationToken);
        return new(history.Head);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<WatchEvent> WatchAsync(long after, CancellationToken cancellationToken) => history.WatchAsync(after, cancellationToken);

    /// <summary>All entries as of one revision, in key order. While it runs, the log grows by what is written.</summary>
    public async IAsyncEnumerable<StoreEntry> ExportAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ThrowIfClosed(cancellationToken);
        using var reader = new Reader(path);
        reader.Hold();
        var end = new StoreKey(Enumerable.Repeat((byte)0xFF, StoreLimits.KeyBytes).ToArray());
        var from = default(StoreKey);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = reader.Page(from, end, ExportPage);
            foreach (var entry in page)
                yield return entry;
            if (page.Count < ExportPage)
                yield break;
            from = page[^1].Key.Successor();
            // The reads are synchronous: others get their turn between pages.
            await Task.Yield();
        }
    }

    /// <inheritdoc/>
    public ValueTask<Leadership> CampaignAsync(string name, CancellationToken cancellationToken) => elections.CampaignAsync(name, cancellationToken);

    /// <summary>Commits what waits, copies the log into the database and gives the file up.</summary>
    public ValueTask DisposeAsync()
    {
        if (closed)
            return default;
        closed = true;
        writer.Dispose();
        history.Close();
        elections.Dispose();
        readers.Dispose();
        connection.Dispose();
        owner.Dispose();
        return default;
    }

    // The claim stands beside the file itself, so that two names of one file are one claim.
    private static string WithoutLink(string path) =>
        File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;

    private ValueTask<T> Read<T>(Func<Reader, T> read, CancellationToken cancellationToken)
    {
        ThrowIfClosed(cancellationToken);
        return new(readers.Read(read));
    }

    private void ThrowIfClosed(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (closed)
            throw new StoreUnavailableException("the store is closed");
    }
}
