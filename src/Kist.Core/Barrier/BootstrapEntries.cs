using System.Text.Json;
using Kist.Core.Storage;

namespace Kist.Core.Barrier;

/// <summary>The entries needed to unseal, from one snapshot of the store. All are null until the store is initialised.</summary>
internal sealed record BootstrapEntries(StoreEntry? State, StoreEntry? Seal, StoreEntry? Keyring)
{
    /// <summary>False for a new store.</summary>
    /// <exception cref="BarrierIntegrityException">Some entries are there and some are not.</exception>
    public bool IsInitialized => (State, Seal, Keyring) switch
    {
        (null, null, null) => false,
        (null, _, _) => throw Missing(KeyLayout.State),
        (_, null, _) => throw Missing(KeyLayout.Seal),
        (_, _, null) => throw Missing(KeyLayout.RootKeyring),
        _ => true,
    };

    /// <summary>Reads them past any cache: a range is always answered by the store itself, a single key may come from a cache that lags behind.</summary>
    public static async ValueTask<BootstrapEntries> ReadAsync(IStore store, CancellationToken cancellationToken)
    {
        var from = KeyLayout.RootBootstrap;
        var page = await store.RangeAsync(from, from.PrefixEnd(), limit: 100, keysOnly: false, cancellationToken);
        return new BootstrapEntries(Find(KeyLayout.State), Find(KeyLayout.Seal), Find(KeyLayout.RootKeyring));

        StoreEntry? Find(StoreKey key) => page.Entries.FirstOrDefault(entry => entry.Key == key);
    }

    /// <summary>The parsed <see cref="State"/> of an initialised store.</summary>
    public StateRecord ReadState()
    {
        try
        {
            if (JsonSerializer.Deserialize(State!.Value.Span, BootstrapJson.Default.StateRecord) is { Schema: 1, Generation: >= KeyLayout.FirstGeneration } record)
                return record;
        }
        catch (JsonException)
        {
            // Reported below, with the key.
        }
        throw new BarrierIntegrityException(KeyLayout.State, "is not a record that this version can read");
    }

    private static BarrierIntegrityException Missing(StoreKey key) => new(key, "is missing from an initialised store; restore it from a backup");
}
