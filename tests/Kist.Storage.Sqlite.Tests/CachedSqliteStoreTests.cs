using Kist.Core.Storage;
using Kist.Core.Tests.Storage;

namespace Kist.Storage.Sqlite.Tests;

public sealed class CachedSqliteStoreTests : StoreConformance
{
    private readonly DataDirectory data = new();
    private SqliteStore? store;

    protected override async Task<IStore> OpenAsync()
    {
        store = SqliteStore.Open(data.Database);
        var cached = new CachedStore(store);
        await Eventually.HoldsAsync(() => cached.IsFresh);
        return cached;
    }

    protected override async Task CloseAsync()
    {
        await Store.DisposeAsync();
        await store!.DisposeAsync();
        data.Dispose();
    }
}
