using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Seals;
using Kist.Core.Storage;
using Kist.Core.Tests.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Barrier;

/// <summary>Builds nodes: barriers, with their seal managers, over one store that is initialised with the first of them.</summary>
public sealed class BarrierBuilder
{
    private OperatorShares? shares;

    public IStore Store { get; init; } = new MemoryStore();

    public TestClock Clock { get; } = new();

    /// <summary>Three shares of which two unseal; made with the first node.</summary>
    public IReadOnlyList<SecretBytes> Shares => shares!.Shares;

    public BarrierOptions Options { get; init; } = new();

    /// <summary>Another unsealed node. <paramref name="through"/> stands between it and the store.</summary>
    public async Task<BarrierNode> NodeAsync(Func<IStore, IStore>? through = null)
    {
        var node = SealedNode(through);
        shares ??= (await node.Seals.InitializeAsync(3, 2, static _ => Task.CompletedTask, default)).Value;
        await UnsealAsync(node);
        return node;
    }

    /// <summary>
    /// Another unsealed node, with a cache that learns of others' writes only while the gate is open. The cache stays fresh by its own clock.
    /// </summary>
    public async Task<(BarrierNode Node, CachedStore Cache, Gate Watched)> CachingNodeAsync()
    {
        var clock = new ManualClock();
        GatedStore? gate = null;
        CachedStore? cache = null;
        var node = await NodeAsync(store => cache = new CachedStore(gate = new GatedStore(store), clock: clock));
        await Eventually.HoldsAsync(clock, () => cache!.IsFresh);
        return (node, cache!, gate!.Watched);
    }

    /// <summary>Unseals a node of this store.</summary>
    public async Task UnsealAsync(BarrierNode node)
    {
        foreach (var share in Shares)
        {
            if (node.Barrier.IsSealed)
                Assert.True((await node.Seals.UnsealAsync(share, default)).Succeeded);
        }
        Assert.False(node.Barrier.IsSealed);
    }

    /// <summary>Another sealed node.</summary>
    public BarrierNode SealedNode(Func<IStore, IStore>? through = null, IAutoSeal? autoSeal = null)
    {
        var store = through is null ? Store : through(Store);
        var barrier = new BarrierStore(store, Clock, Options);
        var seals = new SealManager(store, barrier, autoSeal);
        return new BarrierNode(barrier, seals, new Rekey(store, barrier, seals));
    }
}

/// <summary>One node of a cluster.</summary>
public sealed record BarrierNode(BarrierStore Barrier, SealManager Seals, Rekey Rekey)
{
    /// <summary>The root namespace's own data.</summary>
    public StorageView View => Barrier.System(NamespaceId.Root);
}
