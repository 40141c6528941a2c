using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Core.Tests.Storage;
using Kist.Engines.Kv;

namespace Kist.Engines.Tests.Kv;

/// <summary>A mounted engine over a store in memory, behind routing and binding but without tokens, policies and audit.</summary>
internal sealed class KvHost : IDisposable
{
    private readonly BarrierBuilder nodes;
    private readonly BarrierStore barrier;
    private readonly Mount mount;
    private CachedStore? cache;

    private KvHost(BarrierBuilder nodes, BarrierStore barrier, string version)
    {
        this.nodes = nodes;
        this.barrier = barrier;
        mount = new Mount
        {
            Id = 7,
            Path = "kv/",
            Kind = MountKind.Secrets,
            Type = new KvMountType(nodes.Clock),
            TypeName = "kv",
            Accessor = "kv_1",
            Options = new Dictionary<string, string> { ["version"] = version },
        };
    }

    /// <summary>The store of all nodes.</summary>
    public HookedStore Store => (HookedStore)nodes.Store;

    public TestClock Clock => nodes.Clock;

    public StorageView Storage => barrier.ForMount(mount);

    public static async Task<KvHost> StartAsync(string version)
    {
        var builder = new BarrierBuilder { Store = new HookedStore(new MemoryStore()) };
        return new KvHost(builder, (await builder.NodeAsync()).Barrier, version);
    }

    /// <summary>Another node on this one's store, by default with the same version.</summary>
    public async Task<KvHost> StartPeerAsync(string? version = null) =>
        new(nodes, (await nodes.NodeAsync()).Barrier, version ?? mount.Options["version"]);

    /// <summary>
    /// Another node on this one's store, with a cache that learns of this one's writes only while the gate is open. It stays fresh by its own clock.
    /// </summary>
    public async Task<(KvHost Peer, Gate Watched)> StartCachingPeerAsync()
    {
        var (node, behind, watched) = await nodes.CachingNodeAsync();
        return (new KvHost(nodes, node.Barrier, mount.Options["version"]) { cache = behind }, watched);
    }

    /// <summary>What the engine does when the mount is tuned to version 2, before requests are let in again.</summary>
    public Task<IReadOnlyList<string>> ConvertAsync() => mount.Type.ConvertAsync(Storage, new Dictionary<string, string> { ["version"] = "2" }, default);

    public async Task<KvAnswer> SendAsync(KvRequest request)
    {
        var (context, answer) = await new EngineCall(mount, Storage).SendAsync(request.Operation, request.Path, request.Body);
        return Answer(context, answer.Failure) with { Body = answer.Succeeded ? answer.Value : null };
    }

    /// <summary>Sends what must succeed.</summary>
    public async Task<KvAnswer> OkAsync(KvRequest request)
    {
        var answer = await SendAsync(request);
        Assert.True(answer.Result == "ok", $"{request}: {answer}");
        return answer;
    }

    /// <summary>Everything the mount has stored.</summary>
    public async Task<IReadOnlyList<string>> StoredPathsAsync() => [.. (await Storage.ScanAsync("", 0, default)).Where(path => path != "config")];

    public void Dispose()
    {
        barrier.Seal();
        _ = cache?.DisposeAsync().AsTask();
    }

    private static KvAnswer Answer(RequestContext context, Failure? failure) => new(failure?.Code ?? (context.Gone ? "gone" : "ok"), null)
    {
        Failure = failure,
        Warnings = context.Warnings,
        Lease = context.Lease,
        Index = context.Index,
        Operation = context.Request.Operation,
    };
}
