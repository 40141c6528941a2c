using System.Text.Json;
using Kist.Core.Namespaces;
using Kist.Core.Storage;

namespace Kist.Core.Barrier;

/// <summary>The first commit of a store. It requires that there is none yet, so of several nodes one wins.</summary>
internal static class Foundation
{
    /// <summary>The transaction that makes the state, a keyring of one term and the seal entry, and the namespace's first entries encrypted under that term.</summary>
    public static StoreTransaction Lay(
        ReadOnlySpan<byte> rootKey, byte[] sealRecord, IReadOnlyList<(string Path, byte[] Value)> entries, StorageView view, TimeProvider time)
    {
        using var root = new RootKey(rootKey);
        using var keyring = new Keyring(NamespaceId.Root, KeyringRecord.New(time) with { Encryptions = entries.Count }, revision: 0);
        var changes = new List<StoreChange>
        {
            new(KeyLayout.State, JsonSerializer.SerializeToUtf8Bytes(new StateRecord(), BootstrapJson.Default.StateRecord)),
            new(KeyLayout.Seal, sealRecord),
            root.Encrypt(keyring.Record, KeyLayout.RootKeyring),
        };
        var absent = changes.Select(change => new Precondition(change.Key, 0)).ToArray();
        foreach (var (path, value) in entries)
        {
            var key = KeyLayout.Entry(KeyLayout.FirstGeneration, view, path);
            changes.Add(new StoreChange(key, keyring.Encrypt(value, key)));
        }
        return new StoreTransaction(absent, changes);
    }
}
