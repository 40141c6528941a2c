using Kist.Core.Barrier;
using Kist.Crypto;
using Kist.Engines.Database.Plugins;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Connections;

/// <summary>An open database of one state of a connection's record. It closes when it is retired and nobody uses it any more.</summary>
internal sealed class OpenConnection(IDatabase database, StoredRecord<ConnectionRecord> stored, SecretText? password)
{
    private readonly Lock gate = new();
    private int users;
    private bool retired;

    /// <summary>The record.</summary>
    public StoredRecord<ConnectionRecord> Stored => stored;

    /// <summary>The password that it logs in with.</summary>
    public SecretText? Password => password;

    /// <summary>The database; only between <see cref="TryEnter"/> and <see cref="LeaveAsync"/>.</summary>
    public IDatabase Database => database;

    /// <summary>Begins a use; false when it is retired.</summary>
    public bool TryEnter()
    {
        lock (gate)
        {
            users += retired ? 0 : 1;
            return !retired;
        }
    }

    /// <summary>Ends a use.</summary>
    public ValueTask LeaveAsync()
    {
        lock (gate)
        {
            if (--users > 0 || !retired)
                return default;
        }
        return database.DisposeAsync();
    }

    /// <summary>Lets nobody in any more.</summary>
    public ValueTask RetireAsync()
    {
        lock (gate)
        {
            if (retired)
                return default;
            retired = true;
            if (users > 0)
                return default;
        }
        return database.DisposeAsync();
    }
}
