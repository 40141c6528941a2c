using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

public sealed class CachedMemoryStoreTests : StoreConformance
{
    private readonly MemoryStore store = new();

    protected override async Task<IStore> OpenAsync()
    {
        var cached = new CachedStore(store);
        await Eventually.HoldsAsync(() => cached.IsFresh);
        return cached;
    }

    protected override async Task CloseAsync()
    {
        await Store.DisposeAsync();
        await store.DisposeAsync();
    }
}
