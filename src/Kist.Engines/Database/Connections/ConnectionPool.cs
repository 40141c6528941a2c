using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Storage;
using Kist.Crypto;
using Kist.Engines.Database.Plugins;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Connections;

/// <summary>
/// The open databases of this server, one for each connection in use. A connection is opened again when its record has changed. A password that a rotation
/// has staged, or that a race of rotations has made the right one again, is found by trying.
/// </summary>
internal sealed class ConnectionPool(IReadOnlyList<IDatabasePlugin> plugins) : IAsyncDisposable
{
    // More connections than these are opened anew now and then.
    private const int MostOpen = 256;
    private const int Attempts = 8;

    private readonly Lock gate = new();
    private readonly Dictionary<(NamespaceId, ulong, string), OpenConnection> open = [];

    /// <summary>The kinds of databases.</summary>
    public IReadOnlyList<IDatabasePlugin> Plugins => plugins;

    /// <summary>Uses a connection's database.</summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="name">The connection's name.</param>
    /// <param name="fence">For every commit; null for none.</param>
    /// <param name="use">May be called again when the database has refused the login.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Outcome<T>> UseAsync<T>(
        StorageView storage, string name, Precondition? fence, Func<IDatabase, CancellationToken, ValueTask<Outcome<T>>> use, CancellationToken cancellationToken)
    {
        var mustTry = false;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await DatabaseStore.ReadConnectionAsync(storage, name, cancellationToken) is not { } stored)
                return DatabaseFailures.UnknownConnection(name);
            var entered = await EnterAsync(storage, name, stored, mustTry, fence, cancellationToken);
            if (!entered.Succeeded)
                return entered.Failure;
            if (entered.Value is not { } connection)
                continue;
            Outcome<T> outcome;
            try
            {
                outcome = await use(connection.Database, cancellationToken);
            }
            finally
            {
                await connection.LeaveAsync();
            }
            if (mustTry || outcome.Failure?.Code != DatabaseFailures.LoginRefused)
                return outcome;
            mustTry = true;
        }
        return Failure.Unavailable("database.contention", "the connection is changing too fast; try again");
    }

    /// <summary>Opens a database for one use, of a record that need not be stored: the first of its passwords that the database takes.</summary>
    public async ValueTask<Outcome<SecretText?>> FindPasswordAsync(ConnectionRecord record, CancellationToken cancellationToken)
    {
        var plugin = plugins.First(p => p.Name == record.PluginName);
        Failure? refused = null;
        foreach (var candidate in record.Candidates())
        {
            await using var database = plugin.Open(record.Details with { MaxOpenConnections = 1, MaxIdleConnections = -1 }, candidate);
            var answer = await database.PingAsync(cancellationToken);
            if (answer.Succeeded)
                return new Outcome<SecretText?>(candidate);
            refused ??= answer.Failure;
            if (answer.Failure.Code != DatabaseFailures.LoginRefused)
                return answer.Failure;
        }
        return refused!;
    }

    /// <summary>Closes a connection once those who use it have ended.</summary>
    public ValueTask CloseAsync(StorageView storage, string name)
    {
        OpenConnection? found;
        lock (gate)
            open.Remove((storage.Namespace, storage.MountId, name), out found);
        return found?.RetireAsync() ?? default;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<OpenConnection> all;
        lock (gate)
        {
            all = [.. open.Values];
            open.Clear();
        }
        foreach (var connection in all)
            await connection.RetireAsync();
    }

    // Null when the record has changed, or another has closed it, meanwhile: then all is to be looked at again.
    private async ValueTask<Outcome<OpenConnection?>> EnterAsync(
        StorageView storage, string name, StoredRecord<ConnectionRecord> stored, bool mustTry, Precondition? fence, CancellationToken cancellationToken)
    {
        var key = (storage.Namespace, storage.MountId, name);
        if (!mustTry)
        {
            lock (gate)
            {
                if (open.TryGetValue(key, out var known) && known.Stored.Revision == stored.Revision && known.TryEnter())
                    return known;
            }
        }
        var password = stored.Record.Password;
        if (mustTry || stored.Record.Staged is not null)
        {
            var found = await FindPasswordAsync(stored.Record, cancellationToken);
            if (!found.Succeeded)
                return found.Failure;
            password = found.Value;
            if (password is not null && !password.Equals(stored.Record.Password))
            {
                var failed = await PromoteAsync(storage, name, stored, password, fence, cancellationToken);
                return failed is null ? new Outcome<OpenConnection?>((OpenConnection?)null) : failed;
            }
        }
        var plugin = plugins.First(p => p.Name == stored.Record.PluginName);
        var made = new OpenConnection(plugin.Open(stored.Record.Details, password), stored, password);
        made.TryEnter();
        await KeepAsync(key, made);
        return made;
    }

    private async ValueTask KeepAsync((NamespaceId, ulong, string) key, OpenConnection made)
    {
        var replaced = new List<OpenConnection>();
        lock (gate)
        {
            if (open.Remove(key, out var before))
                replaced.Add(before);
            else if (open.Count >= MostOpen && open.Keys.First() is var first && open.Remove(first, out var other))
                replaced.Add(other);
            open[key] = made;
        }
        foreach (var connection in replaced)
            await connection.RetireAsync();
    }

    private static async ValueTask<Failure?> PromoteAsync(
        StorageView storage, string name, StoredRecord<ConnectionRecord> stored, SecretText password, Precondition? fence, CancellationToken cancellationToken)
    {
        var change = DatabaseStore.Replace(storage, name, stored.Revision, stored.Record.Proven(password));
        if (fence is { } required)
            change.Require(required);
        var outcome = await change.CommitAsync(cancellationToken);
        return outcome.Kind == CommitKind.Unknown ? DatabaseFailures.UnknownOutcome : null;
    }
}
