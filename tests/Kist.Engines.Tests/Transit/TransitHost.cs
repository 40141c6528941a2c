using System.Text;
using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Core.Tests.Storage;
using Kist.Engines.Transit;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Tests.Transit;

/// <summary>A mounted engine over a store in memory, behind routing and binding but without tokens, policies and audit.</summary>
internal sealed class TransitHost : IDisposable
{
    private readonly BarrierBuilder nodes;
    private readonly BarrierStore barrier;
    private readonly Mount mount;
    private CachedStore? cache;

    private TransitHost(BarrierBuilder nodes, BarrierStore barrier)
    {
        this.nodes = nodes;
        this.barrier = barrier;
        mount = new Mount
        {
            Id = 7,
            Path = "transit/",
            Kind = MountKind.Secrets,
            Type = new TransitMountType(nodes.Clock),
            TypeName = "transit",
            Accessor = "transit_1",
        };
    }

    /// <summary>The store of all nodes.</summary>
    public HookedStore Store => (HookedStore)nodes.Store;

    public TestClock Clock => nodes.Clock;

    public BarrierStore Barrier => barrier;

    public StorageView Storage => barrier.ForMount(mount);

    public static async Task<TransitHost> StartAsync()
    {
        var builder = new BarrierBuilder { Store = new HookedStore(new MemoryStore()) };
        var host = new TransitHost(builder, (await builder.NodeAsync()).Barrier);
        await host.ReserveEncryptionsAsync();
        return host;
    }

    /// <summary>Another node on this one's store.</summary>
    public async Task<TransitHost> StartPeerAsync() => new(nodes, (await nodes.NodeAsync()).Barrier);

    /// <summary>
    /// Another node on this one's store, with a cache that learns of this one's writes only while the gate is open. It stays fresh by its own clock.
    /// </summary>
    public async Task<(TransitHost Peer, Gate Watched)> StartCachingPeerAsync()
    {
        var (node, behind, watched) = await nodes.CachingNodeAsync();
        return (new TransitHost(nodes, node.Barrier) { cache = behind }, watched);
    }

    public Task<TransitAnswer> WriteAsync(string path, string? body = null) => SendAsync(Operation.Update, path, body);

    public Task<TransitAnswer> ReadAsync(string path) => SendAsync(Operation.Read, path, null);

    public Task<TransitAnswer> DeleteAsync(string path) => SendAsync(Operation.Delete, path, null);

    public Task<TransitAnswer> ListAsync(string path) => SendAsync(Operation.List, path, null);

    /// <summary>Encrypts text; <paramref name="more"/> is more of the body, as JSON members.</summary>
    public Task<TransitAnswer> EncryptAsync(string key, string plaintext, string more = "") =>
        WriteAsync($"encrypt/{key}", $$"""{"plaintext":"{{Base64(plaintext)}}"{{More(more)}}}""");

    public Task<TransitAnswer> DecryptAsync(string key, string ciphertext, string more = "") =>
        WriteAsync($"decrypt/{key}", $$"""{"ciphertext":"{{ciphertext}}"{{More(more)}}}""");

    public Task<TransitAnswer> RewrapAsync(string key, string ciphertext, string more = "") =>
        WriteAsync($"rewrap/{key}", $$"""{"ciphertext":"{{ciphertext}}"{{More(more)}}}""");

    /// <summary>Does what the leader does now and then.</summary>
    public async Task TendAsync()
    {
        await using var leadership = await Store.CampaignAsync("test", default);
        await TendAsync(leadership.Fence);
    }

    public async Task TendAsync(Precondition fence) => await mount.Type.TendAsync(Storage, fence, default);

    /// <summary>Puts key bytes of the test's choice in the place of a key's version.</summary>
    public async Task SetKeyAsync(string name, int version, string base64)
    {
        var key = (await TransitStore.ReadKeyAsync(Storage, name, default))!.Value.Record;
        var stored = $$"""{"schema":1,"created":"2025-03-01T12:00:00+00:00","key":"{{base64}}"}""";
        await Storage.Begin().Put(Storage, TransitStore.VersionPath(key.Id, version), Encoding.UTF8.GetBytes(stored)).CommitAsync(default);
    }

    /// <summary>Everything the mount has stored.</summary>
    public async Task<IReadOnlyList<string>> StoredPathsAsync() => await Storage.ScanAsync("", 0, default);

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    public static string Text(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));

    public async Task<TransitAnswer> SendAsync(Operation operation, string path, string? body)
    {
        var (context, answer) = await new EngineCall(mount, Storage).SendAsync(operation, path, body);
        var success = context.PartialFailure is null ? "ok" : "partial";
        return new TransitAnswer(answer.Succeeded ? success : answer.Failure.Code, answer.Succeeded ? answer.Value : null)
        {
            Failure = answer.Failure,
            PartialFailure = context.PartialFailure,
            Warnings = context.Warnings,
            Operation = context.Request.Operation,
        };
    }

    public void Dispose()
    {
        barrier.Seal();
        _ = cache?.DisposeAsync().AsTask();
    }

    // Otherwise the next commit might be the barrier's own reservation, and what a test does before it would wait behind that for ever.
    private async Task ReserveEncryptionsAsync()
    {
        await Storage.Begin().Put(Storage, "reserved", ReadOnlyMemory<byte>.Empty).CommitAsync(default);
        await Storage.Begin().Delete(Storage, "reserved").CommitAsync(default);
    }

    private static string More(string members) => members.Length == 0 ? "" : "," + members;
}

/// <summary>Asserts on answers.</summary>
internal static class TransitAnswers
{
    public static async Task<TransitAnswer> Ok(this Task<TransitAnswer> asked) => await asked.Is("ok");

    public static async Task<TransitAnswer> Is(this Task<TransitAnswer> asked, string result)
    {
        var answer = await asked;
        Assert.True(answer.Result == result, $"expected {result}: {answer}");
        return answer;
    }
}
